//! A verifier by other means than the signer: text and `replace`, slow and plain, so that a
//! mistake in the one is not a mistake in the other.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey,
};
use data_encoding::BASE64;

/// The tags of a signature or a record, without any white space in their values.
pub(super) fn tags(list: &str) -> HashMap<String, String> {
    list.split(';')
        .filter_map(|tag| tag.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.split_whitespace().collect()))
        .collect()
}

/// Checks the uppermost signature of a mail with CRLF line ends against a record's text.
pub(super) fn verify(mail: &[u8], record: &str) -> Result<(), &'static str> {
    let mail: String = mail.iter().copied().map(char::from).collect(); // octets as ISO 8859-1
    let (header, body) = mail.split_once("\r\n\r\n").unwrap_or((&mail, ""));
    let header = header.replace("\r\n ", " ").replace("\r\n\t", "\t");
    let mut fields: Vec<(String, String)> = header
        .split("\r\n")
        .filter_map(|field| field.split_once(':'))
        .map(|(name, value)| (name.trim_end().to_lowercase(), squeeze(value)))
        .map(|(name, value)| (name, value.trim_matches(' ').to_owned()))
        .collect();
    if fields
        .first()
        .is_none_or(|(name, _)| name != "dkim-signature")
    {
        return Err("no signature");
    }
    let own = fields.remove(0).1;
    let signature = tags(&own);

    let mut text: String = body
        .split("\r\n")
        .map(|line| squeeze(line).trim_end_matches(' ').to_owned() + "\r\n")
        .collect();
    while text.ends_with("\r\n\r\n") {
        text.truncate(text.len() - 2);
    }
    if text == "\r\n" {
        text.clear();
    }
    if BASE64.encode(&sha256(&text)) != signature["bh"] {
        return Err("the body hash does not fit");
    }

    let mut signed = String::new();
    for name in signature["h"].split(':') {
        let last = fields
            .iter()
            .rposition(|field| field.0 == name.to_lowercase());
        if let Some((name, value)) = last.map(|at| fields.remove(at)) {
            signed += &format!("{name}:{value}\r\n");
        }
    }
    let (before, _) = own.rsplit_once(';').ok_or("no tags")?;
    signed += &format!("dkim-signature:{before}; b=");

    let key = BASE64.decode(tags(record)["p"].as_bytes()).unwrap();
    let value = BASE64.decode(signature["b"].as_bytes()).unwrap();
    match signature["a"].as_str() {
        "rsa-sha256" => {
            UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key)
                .verify(&octets(&signed), &value)
        }
        "ed25519-sha256" => UnparsedPublicKey::new(&ED25519, key).verify(&sha256(&signed), &value),
        _ => return Err("an unknown algorithm"),
    }
    .map_err(|_| "the signature does not fit")
}

fn squeeze(text: &str) -> String {
    let mut text = text.replace('\t', " ");
    while text.contains("  ") {
        text = text.replace("  ", " ");
    }
    text
}

fn sha256(text: &str) -> Vec<u8> {
    digest(&SHA256, &octets(text)).as_ref().to_vec()
}

fn octets(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}
