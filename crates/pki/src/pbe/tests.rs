//! Known answers of the derivation, made by OpenSSL 3.0 (`openssl kdf … PKCS12KDF`), and the forms of a
//! password.

use super::*;

/// The password `g中文`.
const BMP: &[u8] = &[0x00, 0x67, 0x4e, 0x2d, 0x65, 0x87, 0x00, 0x00];
const SALT: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

fn derived(hash: Hash, purpose: Diversifier) -> String {
    let mut out = [0; 100];
    hash.pkcs12(purpose, BMP, SALT, 7, &mut out);
    out.iter().fold(String::new(), |text, octet| text + &format!("{octet:02X}"))
}

#[test]
fn keys_are_those_of_openssl() {
    for (hash, purpose, expected) in [
        (
            Hash::Sha1,
            Diversifier::Key,
            "CF4C20FF61F836E3EDCA086B68D9BC80C9644ABC9C64F6791AA8D9DDF180A9A71CB1704E79795116A9F85406CA860EE421051B35A955CD1B75A0366E0B68DF563539520DEA6301A43316B1562D856562C639828E1717212E0B043DFC5020F50629E55888",
        ),
        (
            Hash::Sha1,
            Diversifier::Iv,
            "F509947BDFE27B690B6F8A272805FEBDFDE22DED41F603D3169CC238769DB060CE783FF4EE35588BD1A610F70383C392C8FE6E46A590F62C278298F09C2094F597A58D9846A40F2163F63856D5CB03D1810903D4617E43BA43D5B4D8723DFB646945C3F8",
        ),
        (
            Hash::Sha256,
            Diversifier::Mac,
            "C17730725CFA14C2141034B2A89224B7D89B39B15B232A6BABD1394805AE2EF73601C9BE3F514789E1E3C663586DF7AD20F9A99689F60751C068C9B1D28F5D5C754E9D6AF56D349498FDA0394A7CE44CF930F647767020B96F4D6260C0331AFB44FE5A3D",
        ),
        (
            Hash::Sha512,
            Diversifier::Key,
            "1050D48F59F6809BF7AC4102F5DD7C1014C2369C71CF17FF59D5AA329A8072696E6B4E1BAE814E7898D026F84B6B6A42DD741253417AD6EEB7E5B779CF1CF2C4493E309931A8F17C59E736E9C20B0F4E062198BA59002373E074AC9F648D70248437EF14",
        ),
        (
            Hash::Sm3,
            Diversifier::Iv,
            "920A6F6EE13CF2642E5C7ACE4CA7C631B6E4025C3C83C8F22442122E8096A33C8F7DCD7A9DFDA59BAA289DE5F0AE8CA145E2C60C7EA4623597B7E0C0F9BB53A85DC38FEBB87D6C546D0F7339E735BD9BC5CF729258E574AD11B1C4B7F84DC3054AFBCAD2",
        ),
    ] {
        assert_eq!(derived(hash, purpose), expected, "{hash:?} {purpose:?}");
    }
    // Without a password at all only the salt is hashed.
    let mut out = [0; 30];
    Hash::Sha1.pkcs12(Diversifier::Key, &[], &[1], 1, &mut out);
    assert_eq!(out[..4], [0x5d, 0xd4, 0x1f, 0x83]);
    assert_eq!(out[26..], [0x21, 0x8a, 0xb7, 0x96]);
}

#[test]
fn passwords_have_the_forms_of_the_standard() {
    let password = |text: &[u8]| Password::new(Zeroizing::new(text.to_vec()));
    let forms = password("g中文".as_bytes()).unwrap().forms();
    assert_eq!(forms.len(), 1);
    assert_eq!((&forms[0].octets[..], &forms[0].bmp[..]), ("g中文".as_bytes(), BMP));
    let beyond = password("𠮷".as_bytes()).unwrap().forms();
    assert_eq!(&beyond[0].bmp[..], [0xd8, 0x42, 0xdf, 0xb7, 0, 0]);
    let empty: Vec<usize> =
        password(b"").unwrap().forms().iter().map(|form| form.bmp.len()).collect();
    assert_eq!(empty, [2, 0]);
    assert!(password(&[0xff]).is_err() && password(&[b'x'; 1025]).is_err());
    assert_eq!(format!("{:?}", password(b"secret").unwrap()), "Password(..)");
}

#[test]
fn work_is_counted_before_it_is_done() {
    let mut effort = Effort::new();
    assert!(effort.spend(5_000_000, 2).is_ok());
    assert_eq!(effort.spend(1, 1), Err(PbeError::Rounds));
    assert_eq!(Effort::new().spend(u32::MAX, usize::MAX), Err(PbeError::Rounds));
    assert_eq!(rounds(&[0x7f, 0xff, 0xff, 0xff]), Ok(0x7fff_ffff));
    assert_eq!(rounds(&[0x00, 0x80, 0, 0, 0]), Err(PbeError::Rounds));
    assert_eq!(rounds(&[0]), Err(PbeError::Format(DerError::Value)));
    assert_eq!(rounds(&[0xff]), Err(PbeError::Format(DerError::Value)));
}
