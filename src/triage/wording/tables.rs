//! The titles and sentences themselves, in lower case.

/// Titles of automatic replies, as mail programs in these languages write them. Nothing that a person would write: `Frånvaro`
/// may be about school.
pub const OF_REPLIES: [&str; 70] = [
    // Swedish, Norwegian, Danish, Icelandic, Finnish, Estonian
    "autosvar",
    "auto-svar",
    "automatsvar",
    "automatiskt svar",
    "automatiskt svarsmeddelande",
    "automatiserat svar",
    "frånvaromeddelande",
    "frånvarobesked",
    "semestersvar",
    "automatisk svar",
    "fraværsmelding",
    "fraværsbesked",
    "sjálfvirkt svar",
    "automaattinen vastaus",
    "automaattivastaus",
    "poissaoloviesti",
    "poissaoloilmoitus",
    "automaatvastus",
    // English
    "automatic reply",
    "automatic response",
    "automated reply",
    "automated response",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "autoresponse",
    "out of office",
    "out-of-office",
    "out of office reply",
    "out of office autoreply",
    "out of office response",
    "vacation reply",
    "vacation response",
    // German, Dutch
    "automatische antwort",
    "abwesenheitsnotiz",
    "abwesenheitsnachricht",
    "automatisch antwoord",
    "afwezigheidsbericht",
    // French, Spanish, Italian, Portuguese, Romanian
    "réponse automatique",
    "message d'absence",
    "absence du bureau",
    "respuesta automática",
    "fuera de la oficina",
    "risposta automatica",
    "fuori ufficio",
    "resposta automática",
    "răspuns automat",
    // Polish, Czech, Slovak, Croatian, Serbian, Russian, Ukrainian, Bulgarian
    "odpowiedź automatyczna",
    "automatyczna odpowiedź",
    "automatická odpověď",
    "automatická odpoveď",
    "automatski odgovor",
    "аутоматски одговор",
    "автоматический ответ",
    "автоответ",
    "автоматична відповідь",
    "автоматичен отговор",
    // Latvian, Lithuanian, Hungarian, Greek, Turkish, Arabic, Persian, Chinese, Japanese
    "automātiska atbilde",
    "automatinis atsakymas",
    "automatikus válasz",
    "αυτόματη απάντηση",
    "otomatik yanıt",
    "otomatik cevap",
    "رد تلقائي",
    "الرد التلقائي",
    "پاسخ خودکار",
    "自动答复",
    "自動応答",
];

/// Titles of reports that something was not delivered.
pub const OF_BOUNCES: [&str; 22] = [
    "undelivered mail returned to sender",
    "undeliverable",
    "undeliverable mail",
    "undeliverable message",
    "mail delivery failed",
    "mail delivery failure",
    "message delivery failure",
    "delivery failure",
    "delivery status notification",
    "returned mail: see transcript for details",
    "failure notice",
    "kan inte levereras",
    "det gick inte att leverera",
    "oleverbart",
    "kan ikke leveres",
    "kunne ikke leveres",
    "ei voitu toimittaa",
    "unzustellbar",
    "onbestelbaar",
    "non remis",
    "no se puede entregar",
    "niedostarczone",
];

/// One language's sentences, or how they begin, in which a message says that nobody wrote it or that nobody reads what is
/// answered. `|` stands between what may stand in one place, `_` for the space within it, `.` for the end of the sentence: what
/// a person could ask for goes on (`Svara inte på detta mejl, ring i stället`).
pub struct Language {
    /// What a message calls itself: `@` in the sentences.
    pub this_mail: &'static str,
    pub sentences: &'static [&'static str],
}

pub const LANGUAGES: [Language; 14] = [
    // Swedish
    Language {
        this_mail: "meddelandet|mejlet|mailet|detta_meddelande|detta_mejl|detta_mail|detta_e-postmeddelande|detta_e-brev|detta_utskick|\
                    det_här_meddelandet|det_här_mejlet|det_här_mailet|det_här_e-postmeddelandet",
        sentences: &[
            "detta|det_här är ett automatiskt|automatiserat|automatgenererat|automatiskt_genererat|automatiskt_skapat|automatiskt_utskickat \
             meddelande|mejl|mail|e-postmeddelande|e-mail|e-brev|brev|svar|svarsmeddelande|mejlsvar|mailsvar|utskick|besked",
            "detta|det_här är en automatisk|automatgenererad|automatiskt_genererad|automatiskt_skapad \
             bekräftelse|mottagningsbekräftelse|orderbekräftelse|bokningsbekräftelse|påminnelse|avisering|notifiering|notis",
            "@ är automatiskt|automatgenererat",
            "@ har skapats|skickats|genererats automatiskt",
            "@ skapas|skickas|genereras automatiskt",
            "@ går|kan inte|ej att_svara_på|att_besvara|besvaras|svaras_på",
            "det går inte|ej att svara_på|besvara @",
            "du|ni kan inte|ej svara_på|besvara @",
            "svara|besvara inte|ej @ .",
            "svara inte|ej på @ .",
            "vänligen|var_vänlig|var_god svara|besvara inte|ej @ .",
            "vänligen|var_vänlig|var_god svara inte|ej på @ .",
            "denna|den_här brevlåda|brevlådan|e-postlåda|e-postlådan|inkorg|inkorgen läses|bevakas|övervakas inte|ej",
        ],
    },
    // English
    Language {
        this_mail: "this_message|this_email|this_e-mail|this_mail|this_notification|this_automated_message|this_automated_email",
        sentences: &[
            "this is an auto|automated|automatic|auto-generated|autogenerated|automatically_generated|automatically-generated \
             message|email|e-mail|mail|reply|response|notification|reminder|confirmation|acknowledgement|acknowledgment",
            "@ is|was|has_been automatically|auto-generated|autogenerated generated|sent|created|by",
            "@ is|was|has_been generated|sent|created automatically",
            "do_not|don't reply|respond to|directly_to @ .",
            "please|kindly do_not|don't reply|respond to|directly_to @ .",
            "you cannot|can't|can_not reply|respond to @",
            "replies|responses to @ are not monitored|read|answered",
            "this mailbox|inbox|email_account|e-mail_account|email_address|e-mail_address is \
             not_monitored|unmonitored|unattended|not_read|not_attended|not_checked",
        ],
    },
    // Norwegian
    Language {
        this_mail: "meldingen|denne_meldingen|denne_e-posten|denne_eposten|denne_mailen",
        sentences: &[
            "dette|det_her er en|et automatisk|automatisert|automatisk_generert|autogenerert \
             melding|e-post|epost|mail|svar|bekreftelse|kvittering|påminnelse",
            "@ kan ikke besvares",
            "@ er automatisk generert|sendt",
            "du kan ikke svare på @",
            "ikke svar på @ .",
            "svar ikke på @ .",
            "vennligst ikke svar på @ .",
        ],
    },
    // Danish
    Language {
        this_mail: "beskeden|denne_besked|denne_meddelelse|denne_mail|denne_e-mail|denne_email",
        sentences: &[
            "dette|det_her er en|et automatisk|automatiseret|automatisk_genereret|autogenereret \
             meddelelse|besked|e-mail|email|mail|svar|bekræftelse|kvittering|påmindelse",
            "@ kan ikke besvares",
            "@ er automatisk genereret|sendt|udsendt",
            "du kan ikke svare|besvare på|direkte_på @",
            "du kan ikke besvare @",
            "svar ikke|venligst_ikke på @ .",
            "besvar ikke|venligst_ikke @ .",
        ],
    },
    // Finnish
    Language {
        this_mail: "tähän_viestiin|tähän_sähköpostiin|tähän_sähköpostiviestiin",
        sentences: &[
            "tämä on automaattinen|automaattisesti_luotu|automaattisesti_lähetetty \
             viesti|sähköposti|sähköpostiviesti|vastaus|ilmoitus|kuittaus",
            "@ ei voi vastata",
            "älä|älkää|ethän vastaa|vastatko @ .",
        ],
    },
    // German
    Language {
        this_mail: "diese_e-mail|diese_email|diese_mail|diese_nachricht",
        sentences: &[
            "dies|das ist eine automatische|automatisierte|automatisch_generierte|automatisch_erstellte|automatisch_erzeugte|\
             automatisch_versendete nachricht|e-mail|email|mail|antwort|benachrichtigung",
            "@ wurde automatisch generiert|erstellt|erzeugt|versendet|versandt|verschickt",
            "bitte antworten_sie nicht auf|direkt_auf @ .",
            "bitte nicht auf @ antworten .",
            "@ kann nicht beantwortet werden",
        ],
    },
    // Dutch
    Language {
        this_mail: "deze_e-mail|deze_email|deze_mail|dit_bericht",
        sentences: &[
            "dit is een automatisch|automatische|geautomatiseerd|automatisch_gegenereerd|automatisch_gegenereerde \
             bericht|e-mail|email|mail|antwoord",
            "@ is|wordt automatisch gegenereerd|verzonden|verstuurd|aangemaakt",
            "gelieve niet te antwoorden|reageren op @ .",
        ],
    },
    // French
    Language {
        this_mail: "ce_message|ce_courriel|ce_mail|cet_e-mail|cet_email",
        sentences: &[
            "ceci est un|une message|réponse|courriel|e-mail|email automatique",
            "@ est|a_été généré|envoyé automatiquement",
            "merci_de|veuillez|prière_de ne_pas répondre|y_répondre|répondre_directement à @ .",
        ],
    },
    // Spanish
    Language {
        this_mail: "este_mensaje|este_correo|este_correo_electrónico|este_email|este_e-mail",
        sentences: &[
            "este|esto es un mensaje|correo|correo_electrónico automático|automatizado|generado_automáticamente|enviado_automáticamente",
            "@ ha_sido|fue generado|enviado automáticamente",
            "no responda|respondas|responder|conteste a|directamente_a @ .",
            "por_favor|por_favor, no responda|respondas|responder|conteste a|directamente_a @ .",
        ],
    },
    // Italian
    Language {
        this_mail: "questo_messaggio|questa_e-mail|questa_email|questa_mail",
        sentences: &[
            "questo|questa è un|una messaggio|e-mail|email automatico|automatica|generato_automaticamente|generata_automaticamente",
            "si_prega_di non rispondere a @ .",
            "non rispondere a @ .",
        ],
    },
    // Portuguese
    Language {
        this_mail: "este_e-mail|este_email|esta_mensagem|a_este_e-mail|a_este_email|a_esta_mensagem",
        sentences: &[
            "esta|este é uma|um mensagem|e-mail|email automática|automático|gerada_automaticamente|gerado_automaticamente",
            "não responda @ .",
            "por_favor|por_favor, não responda @ .",
        ],
    },
    // Polish
    Language {
        this_mail: "wiadomość|ta_wiadomość|niniejsza_wiadomość|tę_wiadomość|tego_maila",
        sentences: &[
            "@ została wygenerowana|wysłana automatycznie",
            "to|ta jest wiadomość automatyczna|wygenerowana_automatycznie",
            "prosimy|proszę nie odpowiadać na @ .",
        ],
    },
    // Russian
    Language {
        this_mail: "это_сообщение|это_письмо|данное_сообщение|данное_письмо",
        sentences: &[
            "это автоматическое|автоматически_созданное|автоматически_сгенерированное сообщение|письмо|уведомление",
            "@ создано|отправлено|сформировано автоматически",
            "не|пожалуйста,_не|просим_не отвечайте|отвечать на @ .",
        ],
    },
    // Turkish
    Language {
        this_mail: "bu_e-posta|bu_ileti|bu_mesaj",
        sentences: &["@ otomatik olarak gönderilmiştir|oluşturulmuştur"],
    },
];
