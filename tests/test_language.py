"""English letters of every register are English; letters in other languages are not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.language import is_english

ENGLISH = {
    "formal": "Dear Ms Osei, I write further to your interview for the post of Senior Registrar. The panel gave careful consideration to each candidate and regrets to inform you that it is unable to offer you the appointment.",
    "chatty": "hey Sam!! so sorry but it's a no this time :( we loved chatting, loads of people went for it tho. fingers crossed for u x",
    "curt": "No vacancies. Position filled. Thanks.",
    "one word": "Unsuccessful.",
    "bare": "Application not taken further",
    "telegram": "Re: Cook. Post filled internally. No further action needed. Application closed. File deleted after six months. Regards, Personnel.",
    "portal": "Application status update\nRole: Cook\nReference: 4711-B\nStatus: Not selected\nNext step: None\nLocation: Leeds\nClosing date: 2 March",
    "list": "Shortlisting outcome: unsuccessful. Essential criteria: food hygiene certificate, kitchen experience, knife skills, weekend availability. Score: 11/20. Threshold: 14/20.",
    "names": "Dear Małgorzata Wiśniewska-Søndergård, José María de la Cruz y Núñez and Jürgen von der Heyden-Müller of Crédit Agricole de la Loire have chosen Siobhán Ní Dhuibhir for the job in São João da Madeira.",
    "more names": "Hi Zoë, Łukasz, Włodzimierz, Håkon, Åse and François chose Beyoncé for the Köln, Málaga and Île-de-France kitchens. Sorry, Renée!",
    "companies": "Thank you for applying to the Van der Valk and De La Rue kitchens. We have filled the job at Le Pain Quotidien with Juan de la Cruz y Núñez.",
    "second language": "Dear candidate, we are thank you for your interest in our company. Actually we have took the decision to not continue with your candidature because other profile is more adapted. We wish you good luck in your research of job.",
    "no articles": "Dear Candidate, after review of application management decide not proceed. Position already close. Kindly apply again when new position open. Wish you good health and success. Thanking you.",
    "indian": "Respected Sir, with reference to your application dated 12th inst., kindly note that your candidature has not been shortlisted. Do revert back for other openings. Thanks and regards.",
    "greeting": "Bonjour Sam, thank you for the trial shift. We have given the job to another cook. À bientôt, Chantal, Chez Chantal, 12 rue de la Gare",
    "shouting": "UNFORTUNATELY YOUR APPLICATION FOR THE POST OF COOK HAS NOT BEEN SUCCESSFUL ON THIS OCCASION. WE WISH YOU WELL.",
    "figures": "12/20 3.5 2026-03-02 14:00 020 7946 0000",
    "nothing": "",
    "emoji": "👩‍🍳❌ 🙏",
}

OTHER = {
    "German": "Sehr geehrte Frau Osei, vielen Dank für Ihre Bewerbung. Leider müssen wir Ihnen mitteilen, dass wir uns für eine andere Person entschieden haben. Wir wünschen Ihnen für die Zukunft alles Gute.",
    "German, chatty": "Hallo Sam, danke für das nette Gespräch gestern! Leider hat es diesmal nicht geklappt, wir haben jemand anderen genommen. Liebe Grüße und viel Glück noch!",
    "German, job words": "Hallo Sam, das Recruiting Team hat dein Profil für die Stelle als Senior Software Engineer geprüft. Leider passt es nicht zum Team, und wir können dir kein Feedback geben.",
    "French": "Madame, nous avons bien reçu votre candidature au poste de cuisinière et nous vous en remercions. Malheureusement, elle n'a pas été retenue. Nous vous souhaitons bonne chance dans vos recherches.",
    "Spanish": "Estimada Sra. Osei: Le agradecemos su interés en el puesto de cocinera. Lamentamos comunicarle que hemos elegido a otra persona. Le deseamos mucha suerte en su búsqueda de empleo.",
    "Italian": "Gentile signora Osei, la ringraziamo per la sua candidatura. Purtroppo dobbiamo comunicarle che abbiamo scelto un'altra persona per il posto di cuoca. Le auguriamo ogni bene per il futuro.",
    "Portuguese": "Prezada senhora, agradecemos o seu interesse na vaga de cozinheira. Infelizmente, a sua candidatura não foi escolhida desta vez. Desejamos boa sorte na sua procura de emprego.",
    "Dutch": "Beste mevrouw Osei, bedankt voor uw sollicitatie naar de functie van kok. Helaas moeten wij u meedelen dat wij voor een andere kandidaat hebben gekozen. Wij wensen u veel succes.",
    "Swedish": "Hej Sam! Tack för din ansökan till tjänsten som kock. Tyvärr har vi gått vidare med en annan sökande den här gången. Vi önskar dig lycka till i framtiden.",
    "Danish": "Kære Sam. Tak for din ansøgning til stillingen som kok. Vi må desværre meddele dig, at vi har valgt en anden til jobbet. Vi ønsker dig held og lykke fremover.",
    "Polish": "Szanowna Pani, dziękujemy za przesłanie zgłoszenia na stanowisko kucharza. Niestety wybraliśmy inną osobę. Życzymy powodzenia w dalszych poszukiwaniach pracy i zachęcamy do składania kolejnych ofert.",
    "Russian": "Уважаемая госпожа Осей! Благодарим вас за отклик на вакансию повара. Увы, мы выбрали другого кандидата. Желаем вам удачи.",
    "Finnish": "Hei Sam, kiitos hakemuksestasi kokin tehtävään. Valitettavasti valitsimme tällä kertaa toisen hakijan. Toivotamme sinulle menestystä työnhakuun.",
    "Chinese": "您好,感谢您应聘我公司的厨师职位。很遗憾,我们已经选择了其他候选人。祝您一切顺利。",
    "Chinese, with a Latin name": "Sam 您好,感谢您应聘 Acme 公司的厨师职位。很遗憾,我们已经选择了其他候选人。",
}


@pytest.mark.parametrize("text", ENGLISH.values(), ids=ENGLISH)
def test_an_english_letter_of_any_register_is_english(text):
    assert is_english(text)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_a_letter_in_another_language_is_not(text):
    assert not is_english(text)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_it_is_not_english_in_capitals_or_with_an_english_signature_either(text):
    assert not is_english(text.upper())
    assert not is_english(f"{text}\n\nAnn Lee | Talent Acquisition Partner")


@pytest.mark.parametrize("text", ["Вакансия закрыта.", "职位已满。", "Sam: вакансия закрыта"])
def test_a_script_tells_even_where_words_are_few(text):
    assert not is_english(text)


@pytest.mark.parametrize("text", [OTHER["German"], OTHER["French"], OTHER["Spanish"], OTHER["Dutch"]])
def test_a_letter_of_accents_that_were_lost_is_not_english_either(text):
    assert not is_english(text.encode("ascii", "ignore").decode())


def test_an_english_letter_with_a_line_in_another_language_is_english():
    assert is_english(f"{ENGLISH['formal']}\n\nDiese E-Mail ist vertraulich und nur für den Empfänger bestimmt.")


@pytest.mark.parametrize("other", [OTHER["French"], OTHER["Spanish"]])
def test_a_letter_in_english_and_again_in_another_language_is_english(other):
    assert is_english(f"{ENGLISH['formal']}\n\n{other}")
    assert is_english(f"{other}\n\n{ENGLISH['formal']}")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=200), st.sampled_from([ENGLISH["formal"] * 100, OTHER["Russian"] * 200]))
def test_only_the_beginning_counts_and_no_text_breaks_it(text, beginning):
    assert is_english(text) in (True, False)
    assert is_english(beginning + text * 1_000) is is_english(beginning)
