//! The sentences of the notice, language by language. Slots stand in braces. Counsel reviews a change here; every
//! change gives new texts with new digests, and what was agreed to under the old ones stays as it was recorded. Whether it
//! still counts is said by [`EXTENT`].

use crate::consent::Topic;
use crate::language::Language;

/// How much these sentences say about each topic, in the order of [`Topic::ALL`]. Whoever makes them say more about one
/// (another kind of data, another use, somebody else who sees it) adds one to its number, in the same change: who agreed
/// before agreed to less, and is asked anew (R-CONS-13). Saying the same better adds nothing. A test pins the sentences
/// and these numbers together, so that neither changes without the question being put.
const EXTENT: [u32; Topic::ALL.len()] = [1, 1, 1, 1];

/// How much is said about a topic; a larger number is more.
pub(super) fn extent(topic: Topic) -> u32 {
    EXTENT[topic as usize]
}

pub(super) struct Wording {
    pub(super) who: (&'static str, &'static str),
    pub(super) data_lead: &'static str,
    data: [&'static str; Topic::ALL.len()],
    pub(super) data_always: &'static str,
    pub(super) how_long: (&'static str, &'static str),
    pub(super) who_sees: (&'static str, &'static str),
    pub(super) way_out: (&'static str, &'static str),
    pub(super) rights: (&'static str, &'static str),
    pub(super) refusal: (&'static str, &'static str),
    pub(super) more: (&'static str, &'static str),
    /// What for, where the workspace says nothing of its own.
    pub(super) aim: &'static str,
    /// Who sees it, before the processors.
    pub(super) recipients: &'static str,
    /// A webhook, by its host.
    pub(super) told: &'static str,
    choices: [&'static str; Topic::ALL.len()],
}

impl Wording {
    /// What is kept when the topic is agreed to.
    pub(super) fn data(&self, topic: Topic) -> &'static str {
        self.data[topic as usize]
    }

    /// The sentence beside the box.
    pub(super) fn choice(&self, topic: Topic) -> &'static str {
        self.choices[topic as usize]
    }
}

pub(super) fn wording(language: Language) -> &'static Wording {
    match language {
        Language::En => &EN,
        Language::Fr => &FR,
        Language::De => &DE,
        Language::It => &IT,
        Language::Es => &ES,
    }
}

static EN: Wording = Wording {
    who: (
        "Who asks",
        "{controller}, {address}. They are responsible for what is recorded. Contact: {contact}.",
    ),
    data_lead: "What is kept",
    data: [
        "If you agree to opens: for each mail the day and minute at which it was opened.",
        "If you agree to links: for each mail which links were followed, day and minute.",
        "If you agree to documents: how long each document was looked at.",
        "If you agree to details: mail program, browser, operating system, kind of device, country, and city and network name where known.",
    ],
    data_always: "With it, a guess whether it was you or a program. Your IP address is not kept.",
    how_long: (
        "How long",
        "What was recorded is deleted after {term}. Your agreement ends by itself after 24 months; the proof of it is kept for as long as it may be asked for.",
    ),
    who_sees: ("Who sees it", "{recipients}."),
    way_out: (
        "Changing your mind",
        "You can withdraw at any time: with one press from any tracked mail, or at {withdrawal} by a link we send you. It works at once, also for mails you already have.",
    ),
    rights: (
        "Your rights",
        "Write to {contact} to see, correct, take with you, restrict or delete what is recorded, or to object. You can also complain to a data protection authority.",
    ),
    refusal: (
        "If you say no",
        "Nothing changes. You get the same mails and documents.",
    ),
    more: ("The full notice", "{full_notice}"),
    aim: "to see whether mails from {workspace} arrive, are read and are of use",
    recipients: "The people at {workspace} who look after its mail; it is stored on {host}",
    told: "the program at {place} that is told of it",
    choices: [
        "Tell {controller} when I open its mails (day and minute). Purpose: {aim}.",
        "Tell {controller} which links in its mails I follow (day and minute). Purpose: {aim}.",
        "Tell {controller} how long I look at documents it shares with me. Purpose: {aim}.",
        "Also keep with which mail program, browser, operating system, kind of device and network, and from which country and city. Purpose: {aim}.",
    ],
};

static FR: Wording = Wording {
    who: (
        "Qui demande",
        "{controller}, {address}, responsable de ce qui est enregistré. Contact : {contact}.",
    ),
    data_lead: "Ce qui est conservé",
    data: [
        "Si vous acceptez les ouvertures : pour chaque e-mail, le jour et la minute où il a été ouvert.",
        "Si vous acceptez les liens : pour chaque e-mail, les liens suivis, jour et minute.",
        "Si vous acceptez les documents : combien de temps chaque document a été regardé.",
        "Si vous acceptez les détails : logiciel de messagerie, navigateur, système, type d’appareil, pays, et ville et nom du réseau s’ils sont connus.",
    ],
    data_always: "Et une estimation : vous ou un programme. Votre adresse IP n’est pas conservée.",
    how_long: (
        "Combien de temps",
        "Ce qui a été enregistré est effacé après {term}. Votre accord prend fin de lui-même après 24 mois ; sa preuve est gardée aussi longtemps qu’elle peut être demandée.",
    ),
    who_sees: ("Qui le voit", "{recipients}."),
    way_out: (
        "Changer d’avis",
        "Vous pouvez retirer votre accord à tout moment : en appuyant une fois depuis tout e-mail suivi, ou sur {withdrawal} par un lien que nous vous envoyons. Cela agit tout de suite, aussi pour les e-mails que vous avez déjà.",
    ),
    rights: (
        "Vos droits",
        "Écrivez à {contact} pour voir, corriger, emporter, limiter ou faire effacer ce qui est enregistré, ou pour vous y opposer. Vous pouvez aussi vous plaindre auprès d’une autorité de protection des données.",
    ),
    refusal: (
        "Si vous dites non",
        "Rien ne change. Vous recevez les mêmes e-mails et documents.",
    ),
    more: ("L’information complète", "{full_notice}"),
    aim: "voir si les e-mails de {workspace} arrivent, sont lus et sont utiles",
    recipients: "Les personnes de {workspace} qui s’occupent de ses e-mails ; conservation sur {host}",
    told: "le programme à l’adresse {place}, qui en est informé",
    choices: [
        "Dire à {controller} quand j’ouvre ses e-mails (jour et minute). But : {aim}.",
        "Dire à {controller} quels liens de ses e-mails je suis (jour et minute). But : {aim}.",
        "Dire à {controller} combien de temps je regarde les documents partagés avec moi. But : {aim}.",
        "Conserver aussi avec quel logiciel de messagerie, navigateur, système, type d’appareil et réseau, et depuis quels pays et ville. But : {aim}.",
    ],
};

static DE: Wording = Wording {
    who: (
        "Wer fragt",
        "{controller}, {address}. Dort ist man für die Aufzeichnungen verantwortlich. Kontakt: {contact}.",
    ),
    data_lead: "Was festgehalten wird",
    data: [
        "Wenn Sie dem Öffnen zustimmen: für jede Mail Tag und Minute, zu der sie geöffnet wurde.",
        "Wenn Sie den Links zustimmen: für jede Mail, welchen Links gefolgt wurde, Tag und Minute.",
        "Wenn Sie den Dokumenten zustimmen: wie lange jedes Dokument angesehen wurde.",
        "Wenn Sie den Einzelheiten zustimmen: Mailprogramm, Browser, Betriebssystem, Art des Geräts, Land, und Ort und Name des Netzes, wo bekannt.",
    ],
    data_always: "Dazu eine Vermutung, ob Sie es waren oder ein Programm. Ihre IP-Adresse wird nicht festgehalten.",
    how_long: (
        "Wie lange",
        "Was aufgezeichnet wurde, wird nach {term} gelöscht. Ihre Zustimmung endet nach 24 Monaten von selbst; ihr Nachweis bleibt, solange nach ihm gefragt werden kann.",
    ),
    who_sees: ("Wer es sieht", "{recipients}."),
    way_out: (
        "Wenn Sie es sich anders überlegen",
        "Sie können jederzeit widerrufen: mit einem Druck aus jeder betroffenen Mail, oder auf {withdrawal} über einen Link, den wir Ihnen schicken. Das wirkt sofort, auch für Mails, die Sie schon haben.",
    ),
    rights: (
        "Ihre Rechte",
        "Schreiben Sie an {contact}, um zu sehen, berichtigen, mitnehmen, einschränken oder löschen zu lassen, was aufgezeichnet ist, oder um zu widersprechen. Sie können sich auch bei einer Datenschutzbehörde beschweren.",
    ),
    refusal: (
        "Wenn Sie Nein sagen",
        "Es ändert sich nichts. Sie bekommen dieselben Mails und Dokumente.",
    ),
    more: ("Die vollständige Erklärung", "{full_notice}"),
    aim: "zu sehen, ob Mails von {workspace} ankommen, gelesen werden und nützen",
    recipients: "Die Leute bei {workspace}, die sich um die Mails kümmern; gespeichert wird es auf {host}",
    told: "das Programm bei {place}, dem es mitgeteilt wird",
    choices: [
        "{controller} mitteilen, wann ich Mails von dort öffne (Tag und Minute). Zweck: {aim}.",
        "{controller} mitteilen, welchen Links in Mails von dort ich folge (Tag und Minute). Zweck: {aim}.",
        "{controller} mitteilen, wie lange ich Dokumente ansehe, die mir von dort gezeigt werden. Zweck: {aim}.",
        "Auch festhalten, mit welchem Mailprogramm, Browser, Betriebssystem, welcher Art von Gerät und welchem Netz, und aus welchem Land und Ort. Zweck: {aim}.",
    ],
};

static IT: Wording = Wording {
    who: (
        "Chi lo chiede",
        "{controller}, {address}, che risponde di ciò che viene registrato. Contatto: {contact}.",
    ),
    data_lead: "Che cosa si conserva",
    data: [
        "Se accetti le aperture: per ogni e-mail il giorno e il minuto in cui è stata aperta.",
        "Se accetti i link: per ogni e-mail quali link sono stati seguiti, giorno e minuto.",
        "Se accetti i documenti: per quanto tempo è stato guardato ogni documento.",
        "Se accetti i dettagli: programma di posta, browser, sistema operativo, tipo di dispositivo, paese, e città e nome della rete se noti.",
    ],
    data_always: "Inoltre una stima: tu o un programma. Il tuo indirizzo IP non viene conservato.",
    how_long: (
        "Per quanto tempo",
        "Ciò che è stato registrato viene cancellato dopo {term}. Il tuo consenso finisce da solo dopo 24 mesi; la sua prova si conserva finché può essere richiesta.",
    ),
    who_sees: ("Chi lo vede", "{recipients}."),
    way_out: (
        "Se cambi idea",
        "Puoi revocare in ogni momento: premendo una volta da ogni e-mail tracciata, o su {withdrawal} con un link che ti mandiamo. Vale subito, anche per le e-mail che hai già.",
    ),
    rights: (
        "I tuoi diritti",
        "Scrivi a {contact} per vedere, correggere, portare con te, limitare o far cancellare ciò che è registrato, o per opporti. Puoi anche presentare un reclamo a un’autorità per la protezione dei dati.",
    ),
    refusal: (
        "Se dici di no",
        "Non cambia nulla. Ricevi le stesse e-mail e gli stessi documenti.",
    ),
    more: ("L’informativa completa", "{full_notice}"),
    aim: "vedere se le e-mail di {workspace} arrivano, vengono lette e sono utili",
    recipients: "Le persone di {workspace} che si occupano delle sue e-mail; i dati stanno su {host}",
    told: "il programma presso {place}, che ne viene informato",
    choices: [
        "Dire a {controller} quando apro le sue e-mail (giorno e minuto). Scopo: {aim}.",
        "Dire a {controller} quali link delle sue e-mail seguo (giorno e minuto). Scopo: {aim}.",
        "Dire a {controller} per quanto tempo guardo i documenti che condivide con me. Scopo: {aim}.",
        "Conservare anche con quale programma di posta, browser, sistema operativo, tipo di dispositivo e rete, e da quale paese e città. Scopo: {aim}.",
    ],
};

static ES: Wording = Wording {
    who: (
        "Quién lo pide",
        "{controller}, {address}, que responde de lo que se registra. Contacto: {contact}.",
    ),
    data_lead: "Qué se guarda",
    data: [
        "Si acepta las aperturas: de cada correo, el día y el minuto en que se abrió.",
        "Si acepta los enlaces: de cada correo, qué enlaces se siguieron, día y minuto.",
        "Si acepta los documentos: cuánto tiempo se miró cada documento.",
        "Si acepta los detalles: programa de correo, navegador, sistema operativo, tipo de dispositivo, país, y ciudad y nombre de la red si se conocen.",
    ],
    data_always: "Además, una estimación: usted o un programa. Su dirección IP no se guarda.",
    how_long: (
        "Cuánto tiempo",
        "Lo registrado se borra al cabo de {term}. Su consentimiento termina por sí solo a los 24 meses; la prueba de él se conserva mientras pueda ser exigida.",
    ),
    who_sees: ("Quién lo ve", "{recipients}."),
    way_out: (
        "Si cambia de opinión",
        "Puede retirarlo en cualquier momento: con una pulsación desde cualquier correo con seguimiento, o en {withdrawal} con un enlace que le enviamos. Tiene efecto enseguida, también para los correos que ya tiene.",
    ),
    rights: (
        "Sus derechos",
        "Escriba a {contact} para ver, corregir, llevarse, limitar o hacer borrar lo registrado, o para oponerse. También puede reclamar ante una autoridad de protección de datos.",
    ),
    refusal: (
        "Si dice que no",
        "No cambia nada. Recibe los mismos correos y documentos.",
    ),
    more: ("La información completa", "{full_notice}"),
    aim: "ver si los correos de {workspace} llegan, se leen y son útiles",
    recipients: "Las personas de {workspace} que se ocupan de su correo; se guarda en {host}",
    told: "el programa en {place}, al que se le comunica",
    choices: [
        "Decir a {controller} cuándo abro sus correos (día y minuto). Finalidad: {aim}.",
        "Decir a {controller} qué enlaces de sus correos sigo (día y minuto). Finalidad: {aim}.",
        "Decir a {controller} cuánto tiempo miro los documentos que comparte conmigo. Finalidad: {aim}.",
        "Guardar también con qué programa de correo, navegador, sistema operativo, tipo de dispositivo y red, y desde qué país y ciudad. Finalidad: {aim}.",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Sha256;

    /// Every sentence of every language, as it stands here.
    fn sentences() -> String {
        let mut all = String::new();
        for w in Language::ALL.map(wording) {
            let pairs = [
                w.who, w.how_long, w.who_sees, w.way_out, w.rights, w.refusal, w.more,
            ];
            let pairs = pairs.iter().flat_map(|(lead, sentence)| [*lead, *sentence]);
            let single = [w.data_lead, w.data_always, w.aim, w.recipients, w.told];
            for sentence in pairs.chain(single).chain(w.data).chain(w.choices) {
                all.push_str(sentence);
                all.push('\n');
            }
        }
        all
    }

    #[test]
    fn r_cons_13_sentences_that_say_more_outdate_what_was_agreed_to_before() {
        // It failed because a sentence changed. Does any say more about a topic than it did? Then add one to that topic's
        // number in EXTENT. Then write the new digest, and the numbers, here.
        let pinned = (
            "3784dccb65a2e4042f512e97bffe76bab6eb05d7a65d01d52c90d3e0d3393a01",
            [1, 1, 1, 1],
        );
        let digest = Sha256::of(&sentences()).to_string();
        assert_eq!((digest.as_str(), EXTENT), pinned);
    }
}
