use super::super::Signer;
use super::*;

fn refusal(pem: &[u8]) -> SignerError {
    Key::from_pem(pem).map(|key| key.algorithm()).unwrap_err()
}

#[test]
fn generated_keys_are_pem_that_is_read_again() {
    for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
        let pem = generate(algorithm).unwrap();
        assert!(pem.lines().all(|line| line.len() <= PEM_COLUMNS), "{pem}");
        let key = Key::from_pem(pem.as_bytes()).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        assert_ne!(generate(algorithm).unwrap(), pem);
    }
}

#[test]
fn rsa_as_pkcs1_is_the_same_key() {
    let pkcs8 = generate(Algorithm::Rsa).unwrap();
    let PrivateKeyDer::Pkcs8(der) = PrivateKeyDer::from_pem_slice(pkcs8.as_bytes()).unwrap() else {
        panic!("PKCS#8 was asked for");
    };
    // A PKCS#8 key of this size is 26 octets of algorithm around the PKCS#1 key.
    let pkcs1 = pem(&der.secret_pkcs8_der()[26..]).replace("PRIVATE", "RSA PRIVATE");
    assert_eq!(
        Key::from_pem(pkcs1.as_bytes()).unwrap().public_base64(),
        Key::from_pem(pkcs8.as_bytes()).unwrap().public_base64()
    );
}

#[test]
fn keys_that_cannot_sign_are_refused_by_reason() {
    assert_eq!(
        refusal(include_bytes!("rsa-1024.pem")),
        SignerError::KeyTooShort
    );
    assert_eq!(
        refusal(include_bytes!("rsa-4104.pem")),
        SignerError::KeyTooLong
    );
    let p256 = rcgen::KeyPair::generate().unwrap();
    assert_eq!(
        refusal(p256.serialize_pem().as_bytes()),
        SignerError::KeyKind
    );
    let ed25519 = generate(Algorithm::Ed25519).unwrap();
    let damaged = ed25519.replacen("MC4C", "MC4D", 1);
    assert_eq!(refusal(damaged.as_bytes()), SignerError::KeyKind);
    let encrypted = ed25519.replace("PRIVATE", "ENCRYPTED PRIVATE");
    assert_eq!(refusal(encrypted.as_bytes()), SignerError::NoKey);
    assert_eq!(
        refusal(p256.public_key_pem().as_bytes()),
        SignerError::NoKey
    );
    assert_eq!(refusal(b""), SignerError::NoKey);
}

#[test]
fn a_record_is_split_for_a_zone_file() {
    let pem = generate(Algorithm::Rsa).unwrap();
    let record = Signer::new("example.org", "overt1", pem.as_bytes())
        .unwrap()
        .record();
    assert_eq!(record.name, "overt1._domainkey.example.org");
    assert!(
        record
            .text
            .starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")
    );
    let line = record.zone_line();
    let strings: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    let lengths: Vec<usize> = strings.iter().map(|string| string.len()).collect();
    assert_eq!(lengths, [255, 155]);
    assert_eq!(strings.concat(), record.text);
    assert!(line.starts_with("overt1._domainkey.example.org. IN TXT ( \""));
    assert!(line.ends_with("\" )"));
}

#[test]
fn an_ed25519_record_is_one_short_string() {
    let pem = generate(Algorithm::Ed25519).unwrap();
    let record = Signer::new("example.org", "e1", pem.as_bytes())
        .unwrap()
        .record();
    let (tags, key) = record.text.split_once("p=").unwrap();
    assert_eq!(tags, "v=DKIM1; k=ed25519; ");
    assert_eq!(BASE64.decode(key.as_bytes()).unwrap().len(), 32);
    assert_eq!(record.zone_line().matches('"').count(), 2);
}

#[test]
fn debug_shows_no_private_key() {
    let pem = generate(Algorithm::Ed25519).unwrap();
    let key = Key::from_pem(pem.as_bytes()).unwrap();
    let Key::Ed25519(pair) = &key else {
        panic!("Ed25519 was asked for");
    };
    let seed: Vec<u8> = {
        use aws_lc_rs::encoding::AsBigEndian as _;
        let seed: aws_lc_rs::encoding::Curve25519SeedBin<'_> =
            pair.seed().unwrap().as_be_bytes().unwrap();
        seed.as_ref().to_vec()
    };
    let shown = format!("{key:?}");
    assert!(!shown.contains(&format!("{seed:?}")[1..40]), "{shown}");
    assert!(
        !shown.contains(&data_encoding::HEXLOWER.encode(&seed)),
        "{shown}"
    );
}
