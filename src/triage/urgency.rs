//! How urgent a message is by its wording. Owns the words of danger in `config/urgency.toml`, and how "not" and "long ago"
//! are understood around them.
//!
//! Promises that words only ever raise a message and that those found are shown. A false alarm costs a glance, a miss may
//! cost a life: a denial has to stand close to its word, with nothing in between that could mean something else, and what
//! is denied still counts a little.

mod words;

use super::passage::is_bare;
use super::phrases::{Hit, Pause, Text};
use super::{Passage, Place};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::iter::successors;
use std::ops::Range;

pub use words::UrgencyWords;
use words::{Language, Meaning, Role};

/// How many of its `between` words a negation reaches across.
const DENIAL_REACH: usize = 6;
/// How far from a word "years ago" may stand in its sentence.
const PAST_REACH: usize = 10;
/// How far from a word "now" may stand in its sentence.
const NOW_REACH: usize = 25;
/// In a script without spaces each character counts as a word.
const CHARACTERS_A_WORD: usize = 4;
/// Found words are shown up to so many characters.
const SHOWN_CHARS: usize = 80;

/// What the wording of a message says about its urgency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urgency {
    pub urgent: bool,
    /// The words found, weightiest first; each phrase of the list once, with its best evidence.
    pub words: Vec<FoundWord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundWord {
    /// As it stands in the text, at most some eighty characters.
    pub word: String,
    #[serde(rename = "where")]
    pub place: Place,
    /// The code of the list it stands in: `sv`, `ckb`.
    pub language: String,
    /// What the list gives it, 1 to 10. Words quoted beside the sender's own count half of it, denied ones a quarter.
    pub weight: u8,
    /// Negated, or told as long past.
    pub denied: bool,
}

/// Looks for the words in all passages of a message.
pub fn urgency(passages: &[Passage<'_>], words: &UrgencyWords) -> Urgency {
    let mut best = BTreeMap::<usize, FoundWord>::new();
    let is_bare = is_bare(passages);
    for passage in passages {
        let text = Text::new(&passage.text);
        for danger in Reading::new(&text, words).dangers() {
            let seen = best.get(&danger.entry).map_or(0, |seen| seen.eighths(is_bare));
            let mut found = FoundWord {
                word: String::new(),
                place: passage.place,
                language: words.languages[danger.language].code.clone(),
                weight: danger.weight,
                denied: danger.denied,
            };
            if found.eighths(is_bare) > seen {
                found.word = text.excerpt(&danger.words, SHOWN_CHARS);
                best.insert(danger.entry, found);
            }
        }
    }
    let mut found: Vec<FoundWord> = best.into_values().collect();
    found.sort_by_key(|found| Reverse(found.eighths(is_bare)));
    let sum: u32 = found.iter().map(|found| found.eighths(is_bare)).sum();
    Urgency { urgent: sum >= u32::from(words.threshold) * 8, words: found }
}

impl FoundWord {
    /// What the word counts for, in eighths of a weight: what is quoted was probably read before, so it counts half, unless
    /// the message says next to nothing else (`is_bare`); what is denied counts a quarter.
    fn eighths(&self, is_bare: bool) -> u32 {
        let whole = u32::from(self.weight) * 8;
        let placed = if self.place == Place::Quoted && !is_bare { whole / 2 } else { whole };
        if self.denied { placed / 4 } else { placed }
    }
}

/// A phrase of danger in one passage.
struct Danger {
    entry: usize,
    language: usize,
    weight: u8,
    words: Range<usize>,
    gap: Range<usize>,
    denied: bool,
}

/// One passage with everything of the list that stands in it.
struct Reading<'t> {
    text: &'t Text<'t>,
    languages: &'t [Language],
    hits: Vec<Hit<'t, Meaning>>,
    /// The words that dangers are made of; a "not" among them is theirs and denies nothing else.
    taken: Vec<bool>,
    /// Where a denial ends that reaches forward, and where one begins that reaches back, by language.
    denied_from: HashSet<(usize, usize)>,
    denied_until: HashSet<(usize, usize)>,
}

impl<'t> Reading<'t> {
    fn new(text: &'t Text<'t>, words: &'t UrgencyWords) -> Self {
        let hits = words.phrases.find(text);
        let taken = vec![false; text.word_count()];
        let (denied_from, denied_until) = (HashSet::new(), HashSet::new());
        Self { text, languages: &words.languages, hits, taken, denied_from, denied_until }
    }

    /// The dangers in the passage, in reading order, none sharing a word with another.
    fn dangers(mut self) -> Vec<Danger> {
        let mut dangers = self.claim();
        for hit in self.hits.iter().filter(|hit| !hit.own_words().any(|at| self.taken[at])) {
            let language = hit.meaning.language;
            match hit.meaning.role {
                Role::NegationBefore => _ = self.denied_from.insert((language, hit.words.end)),
                Role::NegationAfter => _ = self.denied_until.insert((language, hit.words.start)),
                Role::Danger { .. } | Role::Harmless | Role::Past | Role::Now => {}
            }
        }
        for danger in &mut dangers {
            if self.is_negated(danger) {
                // A denial goes on through "or": no thoughts of suicide or self-harm.
                self.denied_from.insert((danger.language, danger.words.end));
                danger.denied = true;
            } else {
                danger.denied = self.is_past(danger);
            }
        }
        dangers
    }

    /// Gives each word to the weightiest phrase that claims it, the fullest among equals.
    fn claim(&mut self) -> Vec<Danger> {
        let mut harmless = vec![false; self.text.word_count()];
        for hit in self.hits.iter().filter(|hit| hit.meaning.role == Role::Harmless) {
            hit.own_words().for_each(|at| harmless[at] = true);
        }
        let mut claims: Vec<(u8, usize, &Hit<'_, Meaning>)> = self
            .hits
            .iter()
            .filter_map(|hit| match hit.meaning.role {
                Role::Danger { entry, weight } => Some((weight, entry, hit)),
                Role::Harmless | Role::NegationBefore | Role::NegationAfter | Role::Past | Role::Now => None,
            })
            .filter(|(.., hit)| !harmless[hit.words.end - 1])
            .collect();
        claims.sort_by_key(|(weight, _, hit)| (Reverse((*weight, hit.weighed)), hit.words.start));
        let mut dangers = Vec::new();
        for (weight, entry, hit) in claims {
            if hit.own_words().any(|at| self.taken[at]) {
                continue;
            }
            hit.own_words().for_each(|at| self.taken[at] = true);
            let (words, gap) = (hit.words.clone(), hit.gap.clone());
            dangers.push(Danger { entry, language: hit.meaning.language, weight, words, gap, denied: false });
        }
        dangers.sort_by_key(|danger| danger.words.start);
        dangers
    }

    /// Whether a "not" stands in the phrase's gap, right before or after it, or with nothing but small words in between.
    fn is_negated(&self, danger: &Danger) -> bool {
        let Language { between, present, .. } = &self.languages[danger.language];
        let denied_at = |at: usize| self.denied_from.contains(&(danger.language, at));
        if (danger.gap.start + 1..=danger.gap.end).any(denied_at) {
            return true;
        }
        let is_present = present.contains(self.text.word(danger.words.start));
        let reach = if is_present { 0 } else { DENIAL_REACH };
        let joined_before = |at: &usize| *at > 0 && self.text.pause_after(at - 1) == Pause::None;
        let is_small = |at: &usize| between.contains(self.text.word(*at));
        let mut starts = successors(Some(danger.words.start), |at| at.checked_sub(1).filter(is_small))
            .take(reach + 1)
            .take_while(joined_before);
        let mut ends = successors(Some(danger.words.end), |at| Some(*at).filter(is_small).map(|at| at + 1))
            .take(DENIAL_REACH + 1)
            .take_while(joined_before);
        starts.any(denied_at) || ends.any(|at| self.denied_until.contains(&(danger.language, at)))
    }

    /// Whether the sentence tells the danger as long ago and nothing in it says that it goes on.
    fn is_past(&self, danger: &Danger) -> bool {
        let Language { present, turns, .. } = &self.languages[danger.language];
        let far = if self.text.is_spaceless(danger.words.start) { CHARACTERS_A_WORD } else { 1 };
        !present.contains(self.text.word(danger.words.start))
            && self.near(danger, Role::Past, PAST_REACH * far, turns)
            && !self.near(danger, Role::Now, NOW_REACH * far, &HashSet::new())
    }

    /// Whether a phrase of that role stands within reach in the same sentence, with no word of `stops` in between.
    fn near(&self, danger: &Danger, role: Role, reach: usize, stops: &HashSet<String>) -> bool {
        let here = &danger.words;
        let goes_on = |at: usize| self.text.pause_after(at) < Pause::Sentence && !stops.contains(self.text.word(at));
        let start = (here.start.saturating_sub(reach)..here.start).rev().take_while(|at| goes_on(*at)).last();
        let start = start.unwrap_or(here.start);
        let ahead =
            (here.end..here.end.saturating_add(reach)).take_while(|at| goes_on(at - 1) && *at < self.text.word_count());
        let end = ahead.last().map_or(here.end, |at| at + 1);
        let first = self.hits.partition_point(|hit| hit.words.start < start);
        self.hits[first..]
            .iter()
            .take_while(|hit| hit.words.start < end)
            .any(|hit| hit.meaning.role == role && hit.meaning.language == danger.language && hit.words.end <= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::time::{Duration, Instant};

    const URGENT: &[(&str, &str)] = &[
        // Swedish: suicide, as it is written
        ("sv", "jag orkar inte leva längre. har tänkt på hur det skulle gå till"),
        ("sv", "Hej, jag vill inte leva mer. Kan någon ringa?"),
        ("sv", "vill bara dö"),
        ("sv", "Jag. Vill. Dö."),
        ("sv", "ORKAR INTE MER VILL DÖÖÖÖ"),
        ("sv", "mår inte bra vill dö"),
        ("sv", "vill typ do, ingen fattar"),
        ("sv", "ska ta livet av mej ikväll"),
        ("sv", "funderar på att ta\nmitt liv i helgen"),
        ("sv", "har sjalvmordstankar sen ett tag tillbaka"),
        ("sv", "sjävmord känns som enda vägen ut"),
        ("sv", "Jag har tankar på att dö varje dag och har skrivit avskedsbrev"),
        ("sv", "det vore bättre om jag inte fanns"),
        ("sv", "alla skulle ha det bättre utan mig"),
        ("sv", "hejdå för alltid"),
        ("sv", "förlåt mamma jag orkar inte"),
        ("sv", "kms på riktigt"),
        ("sv", "vill unaliva mig"),
        ("sv", "Det finns ingen mening med livet."),
        ("sv", "jag vet inte om jag vill dö"),
        ("sv", "Jag har inte slutat tänka på att dö"),
        ("sv", "det går inte en dag utan självmordstankar"),
        ("sv", "jag har tidigare försökt ta livet av mig och nu är tankarna tillbaka igen"),
        ("sv", "Vår son säger att han inte vill leva och vi hittade ett rep i hans rum"),
        ("sv", "Min dotter har skurit sig i armarna sedan i somras"),
        ("sv", "jag skär mig när det blir för mycket"),
        ("sv", "a\u{30A}terfall och sja\u{308}lvmordstankar"),
        // Swedish: drugs, illness
        ("sv", "min kompis har tagit för många tabletter och går inte att väcka"),
        ("sv", "Han har tagit GHB och är medvetslös"),
        ("sv", "tog alla mina tabletter för en timme sen"),
        ("sv", "hon är blå om läpparna vad gör jag"),
        ("sv", "Har slutat dricka tvärt, skakar och svettas, hallucinerar"),
        ("sv", "Hög feber och abstinens sedan i går, har svimmat två gånger"),
        ("sv", "jag är gravid och blöder"),
        ("sv", "Har tryck över bröstet och svårt att andas"),
        ("sv", "överdos??"),
        // Swedish: violence, honour, threats, voices, away from home
        ("sv", "Han slår mig när han har druckit"),
        ("sv", "min sambo hotar att döda mig om jag går"),
        ("sv", "jag blev våldtagen i lördags och vet inte vart jag ska vända mig"),
        ("sv", "de ska gifta bort mig i sommar, pappa har tagit mitt pass"),
        ("sv", "mina bröder låser in mig när jag kommer från skolan"),
        ("sv", "vågar inte gå hem i kväll"),
        ("sv", "jag är rädd att barnen far illa hos honom"),
        ("sv", "Rösterna säger att jag måste skada någon"),
        ("sv", "Jag vet var ni bor. Ni kommer ångra er"),
        ("sv", "jag ska komma dit och döda er allihop"),
        ("sv", "har rymt hemifrån och har ingenstans att sova"),
        ("sv", "ångest, orkar inte, abstinensen är hemsk och ingen bryr sig"),
        // English
        ("en", "I don't want to live anymore"),
        ("en", "i dont wanna be here, i want to die"),
        ("en", "I’m thinking about killing myself tonight"),
        ("en", "She took too many pills and we can't wake her"),
        ("en", "my husband hits me and he locked me in yesterday"),
        ("en", "I keep cutting myself"),
        ("en", "My family wants to marry me off this summer, it is a forced marriage"),
        ("en", "I am having chest pain and can't breathe"),
        ("en", "the voices are telling me to do it"),
        ("en", "can't do this anymore, I hate my life"),
        // The others
        ("ar", "أُرِيدُ أَنْ أَمُوتَ"),
        ("ar", "أفكر بالانتحار كل يوم"),
        ("ar", "زوجي يضربني ويهددني بالقتل"),
        ("fa", "می خواهم بمیرم"),
        ("fa", "به خودکشی فکر می‌کنم"),
        ("ps", "زه غواړم ځان ووژنم"),
        ("ckb", "دەمەوێت بمرم، چیتر نامەوێت بژیم"),
        ("ku", "Ez dixwazim bimirim"),
        ("so", "Waxaan ka fikirayaa inaan is dilo"),
        ("ti", "ህይወተይ ከጥፍእ እየ ዝሓስብ"),
        ("am", "እራሴን ማጥፋት እፈልጋለሁ"),
        ("tr", "Artık yaşamak istemiyorum"),
        ("tr", "olmek istiyorum"),
        ("bs", "Ne želim više živjeti, hoću da se ubijem"),
        ("ru", "Я больше не хочу жить"),
        ("ru", "муж меня бьёт"),
        ("uk", "я хочу померти"),
        ("pl", "Nie chce mi się żyć, mam myśli samobójcze"),
        ("pl", "chce sie zabic"),
        ("ro", "Nu mai vreau să trăiesc"),
        ("fi", "En jaksa enää elää"),
        ("fi", "Poikani on puhunut itsemurhasta"),
        ("es", "Ya no quiero vivir, quiero morirme"),
        ("fr", "J’ai envie de mourir"),
        ("de", "Ich will nicht mehr leben"),
        ("th", "หนูอยากตาย ไม่ไหวแล้ว"),
        ("sq", "Nuk dua të jetoj më"),
        // As it is told without its name
        ("sv", "vill bara försvinna"),
        ("sv", "orkar inte mer, gråter hela tiden"),
        ("sv", "jag ser ingen väg ut"),
        ("sv", "är en börda för alla"),
        ("sv", "pang i huvudet så är det klart"),
        ("sv", "svalde tjugofem sobril"),
        ("sv", "min treåring fick i sig mina tabletter"),
        ("sv", "morfar kommer in till mig på natten"),
        ("sv", "ska jag giftas med min kusin"),
        ("en", "I just want everything to end"),
        ("en", "he had his hands around my neck"),
        ("ar", "تناولت كل الأدوية"),
        ("fa", "خیلی قرص خورده‌ام"),
        ("so", "waxaan cunay kaniini badan"),
        ("uk", "не бачу сенсу жити"),
        ("ru", "нет сил жить"),
        ("pl", "chcę się powiesić"),
        ("tr", "tüm ilaçları içtim"),
        ("ti", "ምሞት እደሊ"),
        ("bs", "popio sam sve lijekove"),
        ("fi", "en halua olla olemassa"),
        ("ku", "gef li min kirin"),
        ("ckb", "هەڕەشەی کوشتنم لێ دەکەن"),
        // Written after the lists, to see what they miss
        ("sv", "min bror sa igår att han tänker skjuta sig och han har jaktvapen hemma"),
        ("sv", "pappa säger att jag ska till Somalia i sommar och bli gift, jag är 15"),
        ("sv", "snälla ring jag har gjort nåt dumt har ätit massa alvedon"),
        ("sv", "mitt ex skickar meddelanden att han ska slå ihjäl mig"),
        ("sv", "inatt stod jag på bron men gick hem igen, har mått piss länge"),
        ("sv", "Min mamma har druckit i en vecka och nu skakar hon, kräks och ser saker som inte finns"),
        ("sv", "har tryckt i mig 30 alvedon och mår illa"),
        ("sv", "har slutat tvärt med benso och fick ett krampanfall imorse"),
        ("sv", "Igår skar jag mig så djupt att det inte slutar blöda"),
        ("sv", "Jag blev våldtagen på en fest"),
        ("sv", "Har slutat med alkohol och skakar, ser saker och har krampat"),
        ("en", "my girlfriend texted me that she's going to end it"),
        ("en", "I'm 15, my dad beats my mom and I'm scared"),
        ("ar", "أخي يضربني ويريد أن يزوجني بالقوة"),
        ("ru", "Мне 16, отчим меня избивает, боюсь идти домой"),
        ("de", "Mein Freund hat gedroht mich umzubringen"),
        ("tr", "Sesler bana kendimi öldürmemi söylüyor"),
        ("fr", "je ne veux plus vivre, j'ai avalé tous mes médicaments"),
        ("fi", "Minua pelottaa, isä löi äitiä ja uhkasi tappaa meidät"),
    ];

    const CALM: &[&str] = &[
        // Ordinary mail to a clinic
        "Hej! Jag behöver förnya receptet på Attentin, det tar slut på fredag.",
        "Kan läkaren förlänga mitt sjukintyg?",
        "Kan inte komma imorgon 08.20, måste avboka. Mvh Gun",
        "Vi skulle vilja boka en tid för vår son som har börjat röka cannabis.",
        "Jag har fått ett återfall men det är lugnt nu, ses på torsdag",
        "Har ni fått remissen från BUP?",
        "Jag har lite ångest inför besöket, kan min mamma följa med?",
        "Hur lång är väntetiden? Jag mår dåligt och sover inte.",
        "Tack för i går, det kändes bra att prata.",
        "Min dotter är rädd för sprutor, går det att få bedövning?",
        "Kan jag få naloxon på recept igen?",
        "Jag har slut på Suboxone och får abstinens till helgen",
        "Bifogar provsvaren från förlossningen",
        "Vilka tider har ni öppet under jul?",
        "Jag undrar om p-stav kan ge blödningar",
        "Jag vill gärna ha svar via 1177 och inte per e-post",
        "Vi bor i Knivsta och undrar om vi hör till er",
        "Faktura 4711 förfaller till betalning den 30:e",
        "Kallelse till styrmöte. Deadline för underlag är måndag.",
        "Vad kostar det att testa sig för klamydia?",
        "Jag ska komma dit på tisdag, finns det parkering?",
        "Läkaren sa att jag inte får ta mer än två tabletter om dagen",
        "mitt recept: 100 tabletter Concerta 36 mg",
        "Jag dör så nyfiken på svaret haha, när kommer provresultatet?",
        "Hur dödar man löss? Hela klassen har fått det",
        "Jag orkar inte fylla i formuläret digitalt, kan ni skicka på papper?",
        "Mobilen dog så jag kunde inte svara när ni ringde",
        "Jag har fått biverkningar av medicinen, är yr och illamående",
        "Hur många tabletter får jag ta ut åt gången på apoteket?",
        "Polisen sa att jag ska lämna drogtest hos er, hur gör jag?",
        "Är rädd att jag har fått klamydia, kan jag testa mig i veckan?",
        "Har inte längre några självmordstankar tack vare er hjälp",
        "I would kill for an earlier appointment, is that possible?",
        "Haluaisin perua aikani perjantaina",
        // What the body, the house or the work is spoken of with the same words
        "Jag orkar inte sitta i telefonkö mer",
        "Det finns ingen tid kvar i december",
        "Jag tog mina tabletter i morse men missade kvällsdosen",
        "Vi ska resa till Irak och behöver vaccineras",
        "Jag försvinner på semester på måndag",
        "Jag skriver en uppsats om självmord bland unga, får jag intervjua er?",
        "Vi läste om självskadebeteende i skolan och läraren tipsade om er",
        "Filmen ni visade om överdoser var bra",
        "Det är en mördande konkurrens om tiderna",
        "Väckarklockan höll på att ta livet av mig i morse",
        // Sayings
        "Jag är dödstrött efter jobbet",
        "är livrädd för tandläkaren haha",
        "höll på att dö av skratt",
        "Kan vi skjuta upp mötet till fredag?",
        "Ta med kniv och gaffel till picknicken",
        "Det slog mig att jag glömde min keps",
        "Vi slår oss ner i väntrummet så länge",
        "Datorn har hängt sig så jag mejlar från mobilen",
        "Jag skar mig i fingret när jag lagade mat, behöver jag stelkramp?",
        "You are killing it, great work!",
        "I almost died laughing at the traffic is killing me joke",
        // Teaching and newsletters
        "Välkommen till utbildning om självmord och suicidprevention den 4 maj",
        "Nyhetsbrev: ny forskning om självmord, kurser och lediga tjänster",
        "Suicide Prevention Week starts on Monday, join our webinar on suicide and stigma",
        "Självmordsprevention i skolan: anmäl dig till temadagen",
        "Föreläsning om hedersvåld för personal på ungdomsmottagningar",
        "Psykosmottagningen har flyttat till ny adress",
        // Denied
        "Jag har inga självmordstankar",
        "Han är inte självmordsbenägen enligt psykologen",
        "Jag har aldrig tänkt på att ta livet av mig",
        "jag vill inte dö, bara sova bättre",
        "Patienten nekar till suicidtankar",
        "Inga självmordstankar eller självskadebeteende",
        "Jag kommer inte att skada mig själv",
        "självmordstankar har jag inte men sömnen är dålig",
        "I have no thoughts of suicide or self-harm",
        "She is not suicidal",
        "I have never thought about killing myself",
        "I don't want to die, I just want to sleep",
        "ليس لدي أفكار انتحارية",
        "هیچ فکر خودکشی ندارم",
        "İntihar düşüncem yok",
        "Nemam misli o samoubistvu",
        "У меня нет мыслей о самоубийстве",
        "Nie mam myśli samobójczych",
        "Nu mă gândesc la sinucidere",
        "En ole ajatellut itsemurhaa",
        "No tengo pensamientos de suicidio",
        "Je n'ai pas de pensées suicidaires",
        "Ich habe keine Suizidgedanken",
        "ผมไม่เคยคิดฆ่าตัวตาย",
        // Long ago
        "För flera år sedan försökte jag ta livet av mig",
        "Jag skar mig när jag var tonåring",
        "Hade självmordstankar i barndomen",
        "Min farfar tog livet av sig för länge sedan",
        "Förra året tog jag en överdos, sedan dess är jag nykter",
        "I used to cut myself",
        "I was suicidal years ago",
        "Vor vielen Jahren hatte ich Selbstmordgedanken",
    ];

    fn judge(text: &str) -> Urgency {
        urgency(&[passage(Place::Body, text)], &UrgencyWords::supplied())
    }

    fn passage(place: Place, text: &str) -> Passage<'_> {
        Passage { place, text: Cow::Borrowed(text) }
    }

    #[test]
    fn danger_is_urgent_in_every_language() {
        let missed: Vec<_> = URGENT.iter().filter(|(_, text)| !judge(text).urgent).collect();
        assert!(missed.is_empty(), "missed {missed:#?}");
        for (language, text) in URGENT {
            let found = judge(text).words;
            assert!(found.iter().any(|found| found.language == *language), "{text}: {found:?}");
        }
    }

    #[test]
    fn ordinary_denied_and_past_are_not() {
        let raised: Vec<_> = CALM.iter().map(|text| (text, judge(text))).filter(|(_, judged)| judged.urgent).collect();
        assert!(raised.is_empty(), "raised {raised:#?}");
    }

    #[test]
    fn a_no_that_belongs_elsewhere_denies_nothing() {
        for text in [
            "jag har ingen att prata med och vill dö",
            "kan inte sova vill dö",
            "jag kan inte längre vill dö",
            "Jag vill inte dö men orkar inte leva heller",
            "inga vänner, självmordstankar varje kväll",
            "jag tog inte medicinen. Självmordstankarna är värre",
            "Han har aldrig hjälpt mig, han slår mig",
            "jag kan inte sluta skära mig",
            "Förra året var bättre men nu vill jag ta livet av mig",
            "i am not ok i want to kill myself",
        ] {
            assert!(judge(text).urgent, "{text}: {:?}", judge(text));
        }
    }

    #[test]
    fn weights_add_up_by_place() {
        let cases: &[(&[(Place, &str)], bool)] = &[
            (&[(Place::Subject, "abstinens"), (Place::Body, "orkar inte, ångest")], true),
            (&[(Place::Body, "ångest ångest ångest ångest ångest")], false),
            (&[(Place::Body, "ångest"), (Place::Subject, "ångest"), (Place::Enclosed, "ångest")], false),
            (&[(Place::Quoted, "jag vill dö")], true),
            (&[(Place::Subject, "Hej"), (Place::Body, "Se nedan. Mvh Anna"), (Place::Quoted, "jag vill dö")], true),
            (&[(Place::Body, "Tack för hjälpen, jag kommer på måndag."), (Place::Quoted, "jag vill dö")], false),
            (&[(Place::Quoted, "jag vill dö"), (Place::Body, "orkar inte längre")], true),
            (&[(Place::Enclosed, "jag vill dö")], true),
            (&[(Place::FileName, "sja\u{308}lvmordsbrev.docx")], true),
            (&[(Place::Body, "inga självmordstankar"), (Place::Subject, "Självmordstankar")], true),
            (&[], false),
        ];
        for (passages, urgent) in cases {
            let passages: Vec<_> = passages.iter().map(|(place, text)| passage(*place, text)).collect();
            let judged = urgency(&passages, &UrgencyWords::supplied());
            assert_eq!(judged.urgent, *urgent, "{passages:?}: {judged:?}");
        }
    }

    #[test]
    fn what_is_found_is_shown_as_it_stands_with_the_weightiest_first() {
        let judged = judge("Har mycket ÅNGEST och inga\nsjälvmordstankar. Orkar  inte längre.");
        let shown: Vec<_> = judged.words.iter().map(|w| (w.word.as_str(), w.weight, w.denied)).collect();
        assert_eq!(shown, [("Orkar inte längre", 8, false), ("ÅNGEST", 3, false), ("självmordstankar", 10, true)]);
    }

    #[test]
    fn hostile_texts_neither_stop_nor_slow_it() {
        for text in [
            "vill ",
            "vill dö ",
            "inte ",
            "inte självmord ",
            "för år sedan ",
            "nu ",
            "อยาก",
            "می ",
            "ا",
            "\u{308}",
            "\0.\n",
        ] {
            let text = text.repeat(20_000);
            let started = Instant::now();
            judge(&text);
            assert!(started.elapsed() < Duration::from_secs(20), "{:?} took {:?}", &text[..12], started.elapsed());
        }
    }
}
