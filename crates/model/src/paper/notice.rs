//! The paragraphs for the controller's privacy notice, in the reader's language: one for each axis in use and no other
//! (R-ROPA-04).

use super::Setup;
use crate::export::fill;
use crate::{Language, Mode, term};

/// The paragraphs of one language: intro, open, click, document, details, term, processors, webhooks, withdrawal.
struct Words {
    intro: &'static str,
    open: &'static str,
    click: &'static str,
    document: &'static str,
    details: &'static str,
    never: &'static str,
    sees: &'static str,
    told: &'static str,
    quiet: &'static str,
    withdraw: &'static str,
}

const EN: Words = Words {
    intro: "{who} sends some mails in a way that shows whether they are read, but only to people who agreed to it. The legal basis is your consent (Art. 6(1)(a) GDPR).",
    open: "If you agreed, we record that you opened a mail, and in which minute. A small picture in the mail, which it declares, is loaded from our server for that.",
    click: "If you agreed, we record that you followed a link in a mail, and in which minute. Such links lead over our server; where they lead stands readable in them.",
    document: "If you agreed, we record that you looked at a document that we host, and for how long. You get the same document if you do not agree.",
    details: "Only if you agreed to that separately, we also record your mail program, browser family, operating system, kind of device, country, and city and network name where known.",
    never: "Your network address is never stored. Single records are deleted after {term}.",
    sees: "Besides us, these take part on our behalf: {processors}.",
    told: "These systems are told what you decided and what became of our mails to you: {hosts}.",
    quiet: "{who} does not record whether you read its mails.",
    withdraw: "You can take your consent back in every such mail, at any time and at once, also for mails already sent. It changes nothing else: you get the same mails. You may ask what is held about you, have it put right or erased, object, and complain to a supervisory authority.",
};
const DE: Words = Words {
    intro: "{who} versendet manche E-Mails so, dass erkennbar ist, ob sie gelesen werden, aber nur an Personen, die dem zugestimmt haben. Rechtsgrundlage ist Ihre Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO, § 25 Abs. 1 TDDDG).",
    open: "Wenn Sie zugestimmt haben, halten wir fest, dass Sie eine E-Mail geöffnet haben und in welcher Minute. Dafür wird ein kleines, in der E-Mail genanntes Bild von unserem Server geladen.",
    click: "Wenn Sie zugestimmt haben, halten wir fest, dass Sie einem Link in einer E-Mail gefolgt sind und in welcher Minute. Solche Links führen über unseren Server; ihr Ziel steht lesbar darin.",
    document: "Wenn Sie zugestimmt haben, halten wir fest, dass und wie lange Sie ein bei uns liegendes Dokument angesehen haben. Ohne Zustimmung erhalten Sie dasselbe Dokument.",
    details: "Nur wenn Sie dem gesondert zugestimmt haben, halten wir auch E-Mail-Programm, Browserfamilie, Betriebssystem, Geräteart und Land fest, sowie Ort und Name des Netzes, soweit bekannt.",
    never: "Ihre IP-Adresse wird nie gespeichert. Einzelne Aufzeichnungen werden nach {term} gelöscht.",
    sees: "Außer uns wirken in unserem Auftrag mit: {processors}.",
    told: "Diesen Systemen wird mitgeteilt, was Sie entschieden haben und was aus unseren E-Mails an Sie wurde: {hosts}.",
    quiet: "{who} hält nicht fest, ob Sie E-Mails lesen.",
    withdraw: "Sie können Ihre Einwilligung in jeder solchen E-Mail widerrufen, jederzeit und sofort wirksam, auch für schon versandte E-Mails. Sonst ändert sich nichts: Sie erhalten dieselben E-Mails. Sie haben das Recht auf Auskunft, Berichtigung, Löschung, Widerspruch und Beschwerde bei einer Aufsichtsbehörde.",
};
const FR: Words = Words {
    intro: "{who} envoie certains courriels d’une manière qui montre s’ils sont lus, mais seulement aux personnes qui l’ont accepté. La base juridique est votre consentement (art. 6, § 1, a) du RGPD).",
    open: "Si vous l’avez accepté, nous enregistrons que vous avez ouvert un courriel, et à quelle minute. Une petite image, annoncée dans le courriel, est chargée pour cela depuis notre serveur.",
    click: "Si vous l’avez accepté, nous enregistrons que vous avez suivi un lien d’un courriel, et à quelle minute. Ces liens passent par notre serveur ; leur destination y figure en clair.",
    document: "Si vous l’avez accepté, nous enregistrons que vous avez consulté un document que nous hébergeons, et combien de temps. Si vous refusez, vous recevez le même document.",
    details: "Seulement si vous l’avez accepté séparément, nous enregistrons aussi votre logiciel de messagerie, la famille de navigateur, le système d’exploitation, le type d’appareil, le pays, et la ville et le nom du réseau lorsqu’ils sont connus.",
    never: "Votre adresse IP n’est jamais conservée. Les enregistrements individuels sont supprimés après {term}.",
    sees: "Outre nous, prennent part pour notre compte : {processors}.",
    told: "Les systèmes suivants sont informés de ce que vous avez décidé et de ce que sont devenus nos courriels pour vous : {hosts}.",
    quiet: "{who} n’enregistre pas si vous lisez ses courriels.",
    withdraw: "Vous pouvez retirer votre consentement dans chacun de ces courriels, à tout moment et avec effet immédiat, y compris pour les courriels déjà envoyés. Rien d’autre ne change : vous recevez les mêmes courriels. Vous disposez des droits d’accès, de rectification, d’effacement, d’opposition et de réclamation auprès d’une autorité de contrôle.",
};
const IT: Words = Words {
    intro: "{who} invia alcuni messaggi in modo che si veda se vengono letti, ma soltanto a chi ha acconsentito. La base giuridica è il Suo consenso (art. 6, par. 1, lett. a) GDPR).",
    open: "Se ha acconsentito, registriamo che ha aperto un messaggio e in quale minuto. A tal fine una piccola immagine, dichiarata nel messaggio, viene caricata dal nostro server.",
    click: "Se ha acconsentito, registriamo che ha seguito un collegamento di un messaggio e in quale minuto. Tali collegamenti passano dal nostro server; la destinazione vi è leggibile.",
    document: "Se ha acconsentito, registriamo che ha consultato un documento ospitato da noi e per quanto tempo. Se non acconsente riceve lo stesso documento.",
    details: "Soltanto se ha acconsentito separatamente, registriamo anche programma di posta, famiglia di browser, sistema operativo, tipo di dispositivo, paese, e città e nome della rete se noti.",
    never: "Il Suo indirizzo IP non viene mai conservato. Le singole registrazioni sono cancellate dopo {term}.",
    sees: "Oltre a noi partecipano per nostro conto: {processors}.",
    told: "A questi sistemi viene comunicato ciò che Lei ha deciso e che cosa è stato dei nostri messaggi a Lei destinati: {hosts}.",
    quiet: "{who} non registra se Lei legge i suoi messaggi.",
    withdraw: "Può revocare il consenso in ogni messaggio di questo tipo, in qualsiasi momento e con effetto immediato, anche per i messaggi già inviati. Null’altro cambia: riceve gli stessi messaggi. Ha diritto di accesso, rettifica, cancellazione, opposizione e reclamo a un’autorità di controllo.",
};
const ES: Words = Words {
    intro: "{who} envía algunos correos de modo que se ve si se leen, pero solo a quienes lo aceptaron. La base jurídica es su consentimiento (art. 6.1.a) del RGPD).",
    open: "Si lo aceptó, registramos que abrió un correo y en qué minuto. Para ello se carga desde nuestro servidor una pequeña imagen que el correo declara.",
    click: "Si lo aceptó, registramos que siguió un enlace de un correo y en qué minuto. Esos enlaces pasan por nuestro servidor; su destino figura en ellos de forma legible.",
    document: "Si lo aceptó, registramos que consultó un documento que alojamos y durante cuánto tiempo. Si no lo acepta, recibe el mismo documento.",
    details: "Solo si lo aceptó por separado, registramos también su programa de correo, la familia de navegador, el sistema operativo, el tipo de dispositivo, el país, y la ciudad y el nombre de la red si se conocen.",
    never: "Su dirección IP no se guarda nunca. Los registros individuales se borran al cabo de {term}.",
    sees: "Además de nosotros participan por encargo nuestro: {processors}.",
    told: "A estos sistemas se les comunica lo que usted decidió y qué fue de nuestros correos para usted: {hosts}.",
    quiet: "{who} no registra si usted lee sus correos.",
    withdraw: "Puede retirar su consentimiento en cada uno de esos correos, en cualquier momento y con efecto inmediato, también para los correos ya enviados. Nada más cambia: recibe los mismos correos. Tiene derecho de acceso, rectificación, supresión, oposición y reclamación ante una autoridad de control.",
};

/// The paragraphs for the privacy notice. A mode that is not allowed is not mentioned; each that is, is.
pub fn privacy_notice(setup: &Setup, language: Language) -> Vec<String> {
    let words = match language {
        Language::En => EN,
        Language::De => DE,
        Language::Fr => FR,
        Language::It => IT,
        Language::Es => ES,
    };
    let processors = setup.processors.iter();
    let processors: Vec<_> = processors
        .map(|p| format!("{} ({})", p.name, p.country))
        .collect();
    let hosts = setup.webhooks.join(", ");
    let (term, all) = (
        term::in_words(setup.hits_days, language),
        processors.join(", "),
    );
    let slots = [
        ("who", setup.controller.as_str()),
        ("term", &term),
        ("processors", &all),
        ("hosts", &hosts),
    ];
    let named = |text: &str| fill(text, &slots);
    if setup.is_quiet() {
        return vec![named(words.quiet)];
    }
    let m = setup.modes;
    let axes = [
        (m.open >= Mode::Individual, words.open),
        (m.click >= Mode::Individual, words.click),
        (m.document >= Mode::Individual, words.document),
        (setup.is_detailed(), words.details),
    ];
    let used = axes
        .into_iter()
        .filter(|(used, _)| *used)
        .map(|(_, text)| text);
    std::iter::once(words.intro)
        .chain(used)
        .chain([words.never])
        .chain((!all.is_empty()).then_some(words.sees))
        .chain((!hosts.is_empty()).then_some(words.told))
        .chain([words.withdraw])
        .map(named)
        .collect()
}
