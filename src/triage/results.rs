//! Reads an Authentication-Results line (RFC 8601 §2.2). Strict: it quotes what the sender chose, and a reader that guessed
//! could be led to take a piece of that for a verdict.

/// One line, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub struct Results {
    /// The authserv-id.
    pub server: String,
    pub methods: Vec<Method>,
}

/// What one method came to: `dmarc=pass (p=none) header.from=example.se`. All in lower case.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    pub name: String,
    pub result: String,
    /// `header.from` and `example.se`; a reason is among them.
    pub properties: Vec<(String, String)>,
}

/// `None` when the line is not altogether as the standard says.
pub fn read(line: &str) -> Option<Results> {
    let mut rest = Rest(line);
    let server = rest.value()?;
    // The version of the format. There is one.
    if rest.0.starts_with(|c: char| c.is_ascii_digit()) {
        rest.word()?;
    }
    let mut methods = Vec::new();
    while rest.takes(';')? {
        // Some end the line with a semicolon.
        if rest.0.is_empty() {
            break;
        }
        let name = rest.word()?;
        if name == "none" && methods.is_empty() && rest.0.is_empty() {
            break;
        }
        if rest.takes('/')? {
            rest.word()?;
        }
        let result = rest.takes('=')?.then(|| rest.word())??;
        let mut properties = Vec::new();
        while !rest.0.is_empty() && !rest.0.starts_with(';') {
            let name = rest.word()?;
            let is_given = rest.takes('=')?;
            // A null sender leaves its place empty.
            let is_empty = rest.0.is_empty() || rest.0.starts_with(';');
            properties.push((name, is_given.then(|| if is_empty { Some(String::new()) } else { rest.value() })??));
        }
        methods.push(Method { name, result, properties });
    }
    rest.0.is_empty().then_some(Results { server, methods })
}

/// What is left of a line. Each step goes past the white space and comments that follow what it takes.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// A name, with its dots.
    fn word(&mut self) -> Option<String> {
        let end = self.0.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(self.0.len());
        let word = self.0[..end].to_ascii_lowercase();
        self.0 = &self.0[end..];
        self.skip()?;
        Some(word).filter(|word| !word.is_empty())
    }

    /// A token, a quoted string, or an address with either to the left of its `@`.
    fn value(&mut self) -> Option<String> {
        self.skip()?;
        let mut value = String::new();
        let start = self.0.len();
        while let Some(c) = self.0.chars().next() {
            match c {
                '"' => value.push_str(&self.quoted()?),
                ';' | '(' | ')' => break,
                c if c.is_whitespace() => break,
                c if c.is_control() || c == '\\' => return None,
                c => {
                    value.extend(c.to_lowercase());
                    self.0 = &self.0[c.len_utf8()..];
                }
            }
        }
        let is_there = self.0.len() < start;
        self.skip()?;
        is_there.then_some(value)
    }

    /// RFC 5322 §3.2.4, from its first mark to past its last.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.0[1..].chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => text.push(chars.next()?),
                c => text.push(c),
            }
        }
        self.0 = chars.as_str();
        Some(text.to_lowercase())
    }

    fn takes(&mut self, mark: char) -> Option<bool> {
        let Some(rest) = self.0.strip_prefix(mark) else { return Some(false) };
        self.0 = rest;
        self.skip()?;
        Some(true)
    }

    /// White space and comments (RFC 5322 §3.2.2), which hold comments and quoted pairs but no quoted strings.
    fn skip(&mut self) -> Option<()> {
        self.0 = self.0.trim_start();
        while let Some(inside) = self.0.strip_prefix('(') {
            let mut chars = inside.chars();
            let mut depth = 1_usize;
            while depth > 0 {
                match chars.next()? {
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    '\\' => _ = chars.next()?,
                    _ => {}
                }
            }
            self.0 = chars.as_str().trim_start();
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `server | method=result name=value … | …`
    fn written(line: &str) -> Option<String> {
        let Results { server, methods } = read(line)?;
        let methods = methods.iter().map(|Method { name, result, properties }| {
            let properties: Vec<_> = properties.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!(" | {name}={result}{}", properties.concat())
        });
        Some(server + &methods.collect::<String>())
    }

    #[test]
    fn lines_as_mail_systems_write_them() {
        for (line, read) in [
            ("mx.example; none", "mx.example"),
            ("mx.example 1; spf=pass", "mx.example | spf=pass"),
            (
                " (x) mx.example (y) ; SPF = Pass smtp.mailfrom = A@b.example ;",
                "mx.example | spf=pass smtp.mailfrom=a@b.example",
            ),
            (
                "mx.example; dkim=pass (2048-bit key; not (so) \\) safe) header.i=@b.example header.b=\"aB/+\"; dmarc=pass(p=NONE) header.from=b.example",
                "mx.example | dkim=pass header.i=@b.example header.b=ab/+ | dmarc=pass header.from=b.example",
            ),
            (
                "mx.example; spf=pass smtp.mailfrom=prvs=1=a@b.example; dkim/1=fail reason=\"no; key\" header.b=a/b==",
                "mx.example | spf=pass smtp.mailfrom=prvs=1=a@b.example | dkim=fail reason=no; key header.b=a/b==",
            ),
            (
                "mx.example; spf=none smtp.mailfrom=; iprev=pass policy.iprev=2001:db8::1",
                "mx.example | spf=none smtp.mailfrom= | iprev=pass policy.iprev=2001:db8::1",
            ),
            (
                "mx.example; dmarc=pass action=none header.from=b.example;compauth=pass reason=100",
                "mx.example | dmarc=pass action=none header.from=b.example | compauth=pass reason=100",
            ),
            (
                "mx.example; spf=pass smtp.mailfrom=\"x; dmarc=pass header.from=bank.test; \\\"\"@evil.test; dmarc=none",
                "mx.example | spf=pass smtp.mailfrom=x; dmarc=pass header.from=bank.test; \"@evil.test | dmarc=none",
            ),
            (
                "mx.example; spf=pass smtp.mailfrom=\"(x\"@evil.test; dmarc=fail",
                "mx.example | spf=pass smtp.mailfrom=(x@evil.test | dmarc=fail",
            ),
        ] {
            assert_eq!(written(line).as_deref(), Some(read), "{line}");
        }
    }

    #[test]
    fn a_line_that_is_not_altogether_right_says_nothing() {
        for line in [
            "",
            ";",
            "mx.example; spf",
            "mx.example; spf=",
            "mx.example; =pass",
            "mx.example; spf=pass; ; dmarc=pass",
            "mx.example spf=pass",
            "mx.example; spf=pass smtp.mailfrom",
            "mx.example; spf=pass smtp.mailfrom=\"x; dmarc=pass",
            "mx.example; spf=pass smtp.mailfrom=(x@evil.test; dmarc=pass",
            "mx.example; spf=pass (x)) dmarc=pass",
            "mx.example; spf=pass smtp.mailfrom=x) ; dmarc=pass",
            "mx.example; spf=pass smtp.mailfrom=x\\\"; dmarc=pass",
            "mx.example; spf=pass \"x\"",
        ] {
            assert_eq!(written(line), None, "{line}");
        }
    }
}
