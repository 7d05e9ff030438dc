//! The lines that recipients read in a mail, in five languages. Plain sentences; no brand.

use model::Language;

/// A sentence and what its link says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) sentence: String,
    pub(crate) link: &'static str,
}

/// The line of an untracked copy that asks.
pub(crate) fn ask(language: Language, sender: &str) -> Line {
    let (sentence, link) = match language {
        Language::En => (
            format!(
                "{sender} would like to know whether you read mails like this one. Nothing is recorded unless you agree."
            ),
            "Read more and decide",
        ),
        Language::Fr => (
            format!(
                "{sender} aimerait savoir si vous lisez ses messages. Rien n’est enregistré sans votre accord."
            ),
            "En savoir plus et décider",
        ),
        Language::De => (
            format!(
                "{sender} möchte wissen, ob Sie E-Mails wie diese lesen. Ohne Ihr Einverständnis wird nichts gespeichert."
            ),
            "Mehr erfahren und entscheiden",
        ),
        Language::It => (
            format!(
                "{sender} vorrebbe sapere se legge messaggi come questo. Nulla viene registrato senza il suo consenso."
            ),
            "Saperne di più e decidere",
        ),
        Language::Es => (
            format!(
                "{sender} quisiera saber si usted lee mensajes como este. No se registra nada sin su acuerdo."
            ),
            "Saber más y decidir",
        ),
    };
    Line { sentence, link }
}

/// The line with the link to a receipt. What it leads to says the rest.
pub(crate) fn receipt(language: Language, sender: &str) -> Line {
    let (sentence, link) = match language {
        Language::En => (
            format!("{sender} would like to hear from you when you have read this mail."),
            "I have read this mail",
        ),
        Language::Fr => (
            format!("{sender} aimerait que vous lui disiez quand vous aurez lu ce message."),
            "J’ai lu ce message",
        ),
        Language::De => (
            format!("{sender} bittet Sie um eine Nachricht, wenn Sie diese E-Mail gelesen haben."),
            "Ich habe diese E-Mail gelesen",
        ),
        Language::It => (
            format!("{sender} vorrebbe sapere da lei quando avrà letto questo messaggio."),
            "Ho letto questo messaggio",
        ),
        Language::Es => (
            format!("{sender} quisiera que usted le diga cuándo ha leído este mensaje."),
            "He leído este mensaje",
        ),
    };
    Line { sentence, link }
}

/// What the pixel says it is.
pub(crate) fn pixel_alt(language: Language, sender: &str) -> String {
    match language {
        Language::En => format!("Tells {sender} that this mail was opened"),
        Language::Fr => format!("Indique à {sender} que ce message a été ouvert"),
        Language::De => format!("Zeigt {sender} an, dass diese E-Mail geöffnet wurde"),
        Language::It => format!("Indica a {sender} che questo messaggio è stato aperto"),
        Language::Es => format!("Indica a {sender} que este mensaje se ha abierto"),
    }
}

/// A mail to a contact.
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// The text of the mail that asks to confirm an agreement. `what` lists the topics, one a line.
pub(crate) fn confirmation(
    language: Language,
    workspace: &str,
    what: &[&'static str],
    url: &str,
) -> Letter {
    let list = what
        .iter()
        .map(|line| format!("- {line}"))
        .collect::<Vec<_>>()
        .join("\n");
    let (subject, body) = match language {
        Language::En => (
            format!("Please confirm: {workspace} may see when you read its mails"),
            format!(
                "Somebody, probably you, agreed on our page that {workspace} may learn:\n\n{list}\n\n\
                 If that was you, confirm it here within seven days:\n\n{url}\n\n\
                 If it was not you, do nothing. Nothing is recorded without this confirmation,\n\
                 and you can take it back at any time, in every mail.\n"
            ),
        ),
        Language::Fr => (
            format!("Merci de confirmer : {workspace} peut voir quand vous lisez ses messages"),
            format!(
                "Quelqu’un, sans doute vous, a accepté sur notre page que {workspace} apprenne :\n\n{list}\n\n\
                 Si c’était bien vous, confirmez-le ici dans les sept jours :\n\n{url}\n\n\
                 Sinon, ne faites rien. Rien n’est enregistré sans cette confirmation,\n\
                 et vous pouvez revenir sur votre accord à tout moment, dans chaque message.\n"
            ),
        ),
        Language::De => (
            format!("Bitte bestätigen: {workspace} darf sehen, wann Sie seine E-Mails lesen"),
            format!(
                "Jemand, vermutlich Sie, hat auf unserer Seite zugestimmt, dass {workspace} erfährt:\n\n{list}\n\n\
                 Wenn Sie das waren, bestätigen Sie es hier innerhalb von sieben Tagen:\n\n{url}\n\n\
                 Wenn nicht, brauchen Sie nichts zu tun. Ohne diese Bestätigung wird nichts gespeichert,\n\
                 und Sie können sie jederzeit in jeder E-Mail zurücknehmen.\n"
            ),
        ),
        Language::It => (
            format!("Per favore confermi: {workspace} può vedere quando legge i suoi messaggi"),
            format!(
                "Qualcuno, probabilmente lei, ha accettato sulla nostra pagina che {workspace} venga a sapere:\n\n{list}\n\n\
                 Se è stato lei, lo confermi qui entro sette giorni:\n\n{url}\n\n\
                 Altrimenti non deve fare nulla. Senza questa conferma nulla viene registrato,\n\
                 e può revocarla in qualsiasi momento, in ogni messaggio.\n"
            ),
        ),
        Language::Es => (
            format!("Por favor, confirme: {workspace} puede ver cuándo lee sus mensajes"),
            format!(
                "Alguien, probablemente usted, aceptó en nuestra página que {workspace} sepa:\n\n{list}\n\n\
                 Si fue usted, confírmelo aquí en un plazo de siete días:\n\n{url}\n\n\
                 Si no, no haga nada. Sin esta confirmación no se registra nada,\n\
                 y puede retirarla en cualquier momento, en cada mensaje.\n"
            ),
        ),
    };
    Letter { subject, body }
}

/// A topic, as the confirmation mail lists it.
pub(crate) fn topic(language: Language, topic: model::Topic) -> &'static str {
    use model::Topic::{Click, Details, Document, Open};
    match (language, topic) {
        (Language::En, Open) => "when you open its mails",
        (Language::En, Click) => "which links in them you follow",
        (Language::En, Document) => "how long you look at documents it sends",
        (Language::En, Details) => {
            "with which mail program, browser and system, and from which country"
        }
        (Language::Fr, Open) => "quand vous ouvrez ses messages",
        (Language::Fr, Click) => "quels liens vous y suivez",
        (Language::Fr, Document) => "combien de temps vous consultez ses documents",
        (Language::Fr, Details) => "avec quel logiciel, navigateur et système, et depuis quel pays",
        (Language::De, Open) => "wann Sie seine E-Mails öffnen",
        (Language::De, Click) => "welchen Links darin Sie folgen",
        (Language::De, Document) => "wie lange Sie seine Dokumente ansehen",
        (Language::De, Details) => {
            "mit welchem Mailprogramm, Browser und System und aus welchem Land"
        }
        (Language::It, Open) => "quando apre i suoi messaggi",
        (Language::It, Click) => "quali link segue in essi",
        (Language::It, Document) => "per quanto tempo guarda i suoi documenti",
        (Language::It, Details) => {
            "con quale programma di posta, browser e sistema, e da quale paese"
        }
        (Language::Es, Open) => "cuándo abre sus mensajes",
        (Language::Es, Click) => "qué enlaces sigue en ellos",
        (Language::Es, Document) => "cuánto tiempo mira sus documentos",
        (Language::Es, Details) => {
            "con qué programa de correo, navegador y sistema, y desde qué país"
        }
    }
}

/// What somebody with parental responsibility is asked.
pub(crate) struct Asked<'a> {
    /// The address of the child.
    pub(crate) child: &'a str,
    pub(crate) workspace: &'a str,
    /// The limit that the child has not reached.
    pub(crate) age: u8,
    /// What the child ticked.
    pub(crate) topics: &'a [model::Topic],
    /// The canonical text of what the child was shown.
    pub(crate) shown: &'a str,
}

impl Asked<'_> {
    /// What was ticked, in the words beside the boxes.
    fn ticked(&self) -> String {
        let mut list = String::new();
        for topic in self.topics {
            let lead = format!("[ ] ({}) ", topic.as_str());
            let choice = self.shown.lines().find_map(|line| line.strip_prefix(&lead));
            if let Some(choice) = choice {
                list += &format!("- {choice}\n");
            }
        }
        list
    }
}

/// The mail to somebody with parental responsibility: who asks, for what, and everything that the child was shown.
pub(crate) fn guardian(language: Language, asked: &Asked<'_>, url: &str) -> Letter {
    let Asked {
        child,
        workspace,
        age,
        shown,
        ..
    } = asked;
    let ticked = asked.ticked();
    let (subject, body) = match language {
        Language::En => (
            format!("{child} needs you to agree: what {workspace} may record of its mails"),
            format!(
                "{child} ticked this on a page of {workspace}:\n\n{ticked}\n\
                 Whoever is younger than {age} cannot agree alone, and {child} wrote that you have\n\
                 parental responsibility for them. Read it, and say yes or no within seven days:\n\n{url}\n\n\
                 Keep this mail: with the same link you can take a yes back at any time, without an account.\n\
                 If this is not about you, press No there, or do nothing. Nothing is recorded then,\n\
                 and your address is deleted within a week.\n\n\
                 Everything that {child} was shown:\n\n{shown}"
            ),
        ),
        Language::Fr => (
            format!(
                "{child} a besoin de votre accord : ce que {workspace} peut enregistrer de ses messages"
            ),
            format!(
                "{child} a coché ceci sur une page de {workspace} :\n\n{ticked}\n\
                 Une personne de moins de {age} ans ne peut pas accepter seule, et {child} a écrit que vous exercez\n\
                 l’autorité parentale à son égard. Lisez, et dites oui ou non dans les sept jours :\n\n{url}\n\n\
                 Gardez ce message : avec le même lien, vous pouvez revenir sur un oui à tout moment, sans compte.\n\
                 Si cela ne vous concerne pas, appuyez sur Non, ou ne faites rien. Rien n’est alors enregistré,\n\
                 et votre adresse est supprimée dans la semaine.\n\n\
                 Tout ce qui a été montré à {child} :\n\n{shown}"
            ),
        ),
        Language::De => (
            format!(
                "{child} braucht Ihre Zustimmung: was {workspace} bei seinen E-Mails aufzeichnen darf"
            ),
            format!(
                "{child} hat auf einer Seite von {workspace} dies angekreuzt:\n\n{ticked}\n\
                 Wer jünger als {age} ist, kann nicht allein zustimmen, und {child} hat geschrieben, dass Sie\n\
                 das Sorgerecht haben. Lesen Sie es, und sagen Sie innerhalb von sieben Tagen Ja oder Nein:\n\n{url}\n\n\
                 Behalten Sie diese Mail: Mit demselben Link können Sie ein Ja jederzeit zurücknehmen, ohne Konto.\n\
                 Wenn es Sie nicht betrifft, drücken Sie dort Nein, oder tun Sie nichts. Dann wird nichts aufgezeichnet,\n\
                 und Ihre Adresse wird innerhalb einer Woche gelöscht.\n\n\
                 Alles, was {child} gezeigt wurde:\n\n{shown}"
            ),
        ),
        Language::It => (
            format!(
                "{child} ha bisogno del suo consenso: che cosa {workspace} può registrare dei suoi messaggi"
            ),
            format!(
                "{child} ha spuntato questo su una pagina di {workspace}:\n\n{ticked}\n\
                 Chi ha meno di {age} anni non può acconsentire da solo, e {child} ha scritto che lei ha\n\
                 la responsabilità genitoriale. Legga, e dica sì o no entro sette giorni:\n\n{url}\n\n\
                 Conservi questo messaggio: con lo stesso collegamento può revocare un sì in qualsiasi momento, senza account.\n\
                 Se non la riguarda, prema No, o non faccia nulla. Allora non si registra nulla,\n\
                 e il suo indirizzo viene cancellato entro una settimana.\n\n\
                 Tutto ciò che è stato mostrato a {child}:\n\n{shown}"
            ),
        ),
        Language::Es => (
            format!(
                "{child} necesita que usted acepte: qué puede registrar {workspace} de sus mensajes"
            ),
            format!(
                "{child} marcó esto en una página de {workspace}:\n\n{ticked}\n\
                 Quien tiene menos de {age} años no puede aceptar por sí solo, y {child} escribió que usted tiene\n\
                 la patria potestad. Léalo, y diga sí o no en un plazo de siete días:\n\n{url}\n\n\
                 Guarde este mensaje: con el mismo enlace puede retirar un sí en cualquier momento, sin cuenta.\n\
                 Si no tiene que ver con usted, pulse No, o no haga nada. Entonces no se registra nada,\n\
                 y su dirección se borra en el plazo de una semana.\n\n\
                 Todo lo que se mostró a {child}:\n\n{shown}"
            ),
        ),
    };
    Letter { subject, body }
}

/// The mail whose link shows that the mailbox is the reader's own.
pub(crate) fn challenge(language: Language, workspace: &str, url: &str) -> Letter {
    let (subject, body) = match language {
        Language::En => (
            format!("Your data at {workspace}"),
            format!(
                "Somebody, probably you, asked to see, correct or delete what {workspace}\n\
                 knows about the owner of this address.\n\n\
                 If that was you, go on here within 24 hours:\n\n{url}\n\n\
                 The link works once. Do not pass it on: it opens the door to your data.\n\
                 If it was not you, do nothing. Nobody else gets to see anything.\n"
            ),
        ),
        Language::Fr => (
            format!("Vos données chez {workspace}"),
            format!(
                "Quelqu’un, sans doute vous, a demandé à voir, corriger ou effacer ce que\n\
                 {workspace} sait du titulaire de cette adresse.\n\n\
                 Si c’était vous, continuez ici dans les 24 heures :\n\n{url}\n\n\
                 Le lien fonctionne une fois. Ne le transmettez pas : il donne accès à vos données.\n\
                 Sinon, ne faites rien. Personne d’autre n’y a accès.\n"
            ),
        ),
        Language::De => (
            format!("Ihre Daten bei {workspace}"),
            format!(
                "Jemand, vermutlich Sie, möchte sehen, berichtigen oder löschen, was {workspace}\n\
                 über den Inhaber dieser Adresse weiß.\n\n\
                 Wenn Sie das waren, geht es innerhalb von 24 Stunden hier weiter:\n\n{url}\n\n\
                 Der Link wirkt einmal. Geben Sie ihn nicht weiter: Er öffnet Ihre Daten.\n\
                 Wenn nicht, brauchen Sie nichts zu tun. Niemand sonst bekommt etwas zu sehen.\n"
            ),
        ),
        Language::It => (
            format!("I suoi dati presso {workspace}"),
            format!(
                "Qualcuno, probabilmente lei, ha chiesto di vedere, correggere o cancellare\n\
                 ciò che {workspace} sa del titolare di questo indirizzo.\n\n\
                 Se è stato lei, prosegua qui entro 24 ore:\n\n{url}\n\n\
                 Il link funziona una volta. Non lo inoltri: apre l’accesso ai suoi dati.\n\
                 Altrimenti non deve fare nulla. Nessun altro può vedere qualcosa.\n"
            ),
        ),
        Language::Es => (
            format!("Sus datos en {workspace}"),
            format!(
                "Alguien, probablemente usted, ha pedido ver, corregir o borrar lo que\n\
                 {workspace} sabe del titular de esta dirección.\n\n\
                 Si fue usted, continúe aquí en un plazo de 24 horas:\n\n{url}\n\n\
                 El enlace funciona una vez. No lo reenvíe: abre el acceso a sus datos.\n\
                 Si no, no haga nada. Nadie más puede ver nada.\n"
            ),
        ),
    };
    Letter { subject, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_names_what_it_is_about() {
        for language in Language::ALL {
            for line in [ask(language, "Ann Lee"), receipt(language, "Ann Lee")] {
                assert!(line.sentence.contains("Ann Lee"));
            }
            assert!(
                challenge(language, "Acme", "https://u")
                    .body
                    .contains("https://u")
            );
            assert!(
                confirmation(language, "Acme", &["x"], "https://u")
                    .body
                    .contains("https://u")
            );
        }
    }
}
