// What BouncyCastle says on signatures, time stamps and evidence records, and what it signs itself.
//
//   java -cp bcpkix.jar:bcprov.jar:bcutil.jar BouncyCastle.java FOLDER
//
// FOLDER/cases has one case a line, words apart by tabs: name, task, files, and the instant in
// milliseconds. FOLDER/answers gets a line for each: name, tab, `ok` or why not.

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.Time;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.tsp.ArchiveTimeStamp;
import org.bouncycastle.asn1.tsp.ArchiveTimeStampChain;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.DefaultSignedAttributeTableGenerator;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.TimeStampTokenGenerator;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.util.Store;

public class BouncyCastle {
    static Path folder;
    static DigestCalculatorProvider digests;

    public static void main(String[] words) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        folder = Path.of(words[0]);
        List<String> answers = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("cases"))) {
            String[] fields = line.split("\t");
            String answer;
            try {
                run(fields[1], Arrays.copyOfRange(fields, 2, fields.length));
                answer = "ok";
            } catch (Exception refusal) {
                answer = refusal.toString().replaceAll("\\s+", " ");
            }
            answers.add(fields[0] + "\t" + answer);
        }
        Files.write(folder.resolve("answers"), answers);
    }

    static void run(String task, String[] words) throws Exception {
        Date at = new Date(Long.parseLong(words[words.length - 1]));
        switch (task) {
            case "signature" -> signature(certificate(words[0]), read(words[1]), read(words[2]), at);
            case "token" -> token(certificate(words[0]), read(words[1]), read(words[2]), at);
            case "record" -> record(words, at);
            case "sign" -> sign(words, at);
            case "stamp" -> stamp(words, at);
            default -> throw new IllegalArgumentException(task);
        }
    }

    /** root, content, container: signature, and path to the root at an instant. */
    static void signature(X509Certificate root, byte[] content, byte[] container, Date at)
            throws Exception {
        CMSSignedData data = new CMSSignedData(new CMSProcessableByteArray(content), container);
        Collection<SignerInformation> signers = data.getSignerInfos().getSigners();
        for (SignerInformation signer : signers) {
            X509CertificateHolder holder = one(data.getCertificates(), signer);
            must(signer.verify(verifier(holder)), "signature");
            path(root, holder, data.getCertificates(), at);
        }
        must(signers.size() == 1, "one signer");
    }

    /** root, data, token: signature, use of the certificate, imprint, and path at the stated time. */
    static void token(X509Certificate root, byte[] data, byte[] bytes, Date at) throws Exception {
        TimeStampToken token = new TimeStampToken(new CMSSignedData(bytes));
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(data);
        must(Arrays.equals(token.getTimeStampInfo().getMessageImprintDigest(), digest), "imprint");
        must(token.getTimeStampInfo().getGenTime().equals(at), "time");
        stamped(root, token);
    }

    /** root, record, objects...: each object is covered; every stamp holds. */
    static void record(String[] words, Date at) throws Exception {
        ERSEvidenceRecord record = new ERSEvidenceRecord(read(words[1]), digests);
        for (int i = 2; i < words.length - 1; i++) {
            record.validatePresent(new ERSByteData(read(words[i])), at);
        }
        record.validate(verifier(record.getSigningCertificate()));
        var sequence = record.toASN1Structure().getArchiveTimeStampSequence();
        for (ArchiveTimeStampChain chain : sequence.getArchiveTimeStampChains()) {
            for (ArchiveTimeStamp stamp : chain.getArchiveTimestamps()) {
                stamped(certificate(words[0]), new TimeStampToken(stamp.getTimeStamp()));
            }
        }
    }

    static void stamped(X509Certificate root, TimeStampToken token) throws Exception {
        X509CertificateHolder holder = one(token.getCertificates(), token.getSID());
        token.validate(verifier(holder));
        path(root, holder, token.getCertificates(), token.getTimeStampInfo().getGenTime());
    }

    static void path(X509Certificate root, X509CertificateHolder target,
            Store<X509CertificateHolder> others, Date at) throws Exception {
        List<X509Certificate> all = new ArrayList<>();
        for (X509CertificateHolder holder : others.getMatches(null)) {
            all.add(converted(holder));
        }
        X509CertSelector selector = new X509CertSelector();
        selector.setCertificate(converted(target));
        var parameters = new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), selector);
        parameters.addCertStore(
            CertStore.getInstance("Collection", new CollectionCertStoreParameters(all), "BC"));
        parameters.setRevocationEnabled(false);
        parameters.setDate(at);
        CertPathBuilder.getInstance("PKIX", "BC").build(parameters);
    }

    /** key, certificate, issuing CA, content, file to write: a signature in our profile. */
    static void sign(String[] words, Date at) throws Exception {
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(signer(words, at));
        generator.addCertificates(chain(words));
        var content = new CMSProcessableByteArray(read(words[3]));
        write(words[4], generator.generate(content, false).getEncoded("DER"));
    }

    /** key, certificate, issuing CA, request, file to write: a token. */
    static void stamp(String[] words, Date at) throws Exception {
        var sha256 = digests.get(new AlgorithmIdentifier(
            new ASN1ObjectIdentifier("2.16.840.1.101.3.4.2.1")));
        var policy = new ASN1ObjectIdentifier("2.999.26.1");
        var generator = new TimeStampTokenGenerator(signer(words, at), sha256, policy);
        generator.addCertificates(chain(words));
        var token = generator.generate(new TimeStampRequest(read(words[3])), BigInteger.TEN, at);
        write(words[4], token.getEncoded("DER"));
    }

    /** Signs with contentType, messageDigest, signingTime and signingCertificateV2. */
    static SignerInfoGenerator signer(String[] words, Date at) throws Exception {
        X509Certificate certificate = certificate(words[1]);
        String name = switch (certificate.getSigAlgName().toUpperCase()) {
            case "SHA256WITHRSA" -> "RSA";
            default -> "EC";
        };
        boolean sm = certificate.getSigAlgName().toUpperCase().contains("SM2");
        PrivateKey key = KeyFactory.getInstance(name, "BC")
            .generatePrivate(new PKCS8EncodedKeySpec(read(words[0])));
        String algorithm = sm ? "SM3WITHSM2" : "SHA256WITH" + (name.equals("EC") ? "ECDSA" : name);
        byte[] hash = MessageDigest.getInstance(sm ? "SM3" : "SHA-256", "BC")
            .digest(certificate.getEncoded());
        var id = sm
            ? new ESSCertIDv2(new AlgorithmIdentifier(GMObjectIdentifiers.sm3), hash)
            : new ESSCertIDv2(hash);
        ASN1EncodableVector attributes = new ASN1EncodableVector();
        attributes.add(new Attribute(CMSAttributes.signingTime, new DERSet(new Time(at))));
        attributes.add(new Attribute(PKCSObjectIdentifiers.id_aa_signingCertificateV2,
            new DERSet(new SigningCertificateV2(id))));
        var usual = new DefaultSignedAttributeTableGenerator(new AttributeTable(attributes));
        return new JcaSignerInfoGeneratorBuilder(digests)
            .setSignedAttributeGenerator(parameters ->
                usual.getAttributes(parameters).remove(CMSAttributes.cmsAlgorithmProtect))
            .build(new JcaContentSignerBuilder(algorithm).setProvider("BC").build(key), certificate);
    }

    static JcaCertStore chain(String[] words) throws Exception {
        return new JcaCertStore(List.of(certificate(words[1]), certificate(words[2])));
    }

    static SignerInformationVerifier verifier(X509CertificateHolder holder) throws Exception {
        return new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder);
    }

    static X509CertificateHolder one(Store<X509CertificateHolder> store, SignerInformation signer) {
        return one(store, signer.getSID());
    }

    static X509CertificateHolder one(Store<X509CertificateHolder> store,
            org.bouncycastle.cms.SignerId id) {
        @SuppressWarnings("unchecked")
        Collection<X509CertificateHolder> found = store.getMatches(id);
        return found.iterator().next();
    }

    static X509Certificate converted(X509CertificateHolder holder) throws Exception {
        return new JcaX509CertificateConverter().setProvider("BC").getCertificate(holder);
    }

    static X509Certificate certificate(String file) throws Exception {
        return converted(new X509CertificateHolder(read(file)));
    }

    static void must(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }

    static byte[] read(String file) throws Exception {
        return Files.readAllBytes(folder.resolve(file));
    }

    static void write(String file, byte[] bytes) throws Exception {
        Files.write(folder.resolve(file), bytes);
    }
}
