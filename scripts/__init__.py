"""Tools for the people who build this program; none is installed with it."""
