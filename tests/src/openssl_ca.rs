//! A certificate authority of openssl's own (`openssl ca`, `openssl ocsp`): an independent maker of
//! lists and responses, and a judge of both.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::program::Program;
use crate::scratch::Scratch;

const CONFIG: &str = "\
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
serial = serial
crlnumber = crlnumber
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 90
default_crl_days = 7
policy = any
crl_extensions = crl
unique_subject = no
[any]
commonName = supplied
[crl]
authorityKeyIdentifier = keyid
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
[responder]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
";

/// An authority in a folder of its own, whose certificates are named by files.
#[derive(Debug)]
pub struct OpenSslCa {
    program: Program,
    scratch: Scratch,
}

impl OpenSslCa {
    /// A new root. `None`, with a word on stderr, where there is no openssl.
    ///
    /// # Panics
    /// If openssl cannot make one, or is missing and the variable `CI` is set.
    pub async fn new() -> Option<Self> {
        let ca = Self {
            program: Program::find("openssl")?,
            scratch: Scratch::new(),
        };
        ca.scratch.write("ca.cnf", CONFIG);
        ca.scratch.write("index.txt", "");
        ca.scratch.write("serial", "1000");
        ca.scratch.write("crlnumber", "2A");
        ca.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key")
            .await;
        ca.run("req -x509 -new -key ca.key -subj /CN=root -days 3650 -config ca.cnf -extensions root -out ca.pem")
            .await;
        Some(ca)
    }

    /// Issues a certificate into the file `NAME.pem`; `kind` is `server`, for localhost, or
    /// `responder`.
    ///
    /// # Panics
    /// If openssl does not.
    pub async fn issue(&self, name: &str, kind: &str) -> CertificateDer<'static> {
        self.run(&format!(
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"
        ))
        .await;
        self.run(&format!(
            "req -new -key {name}.key -subj /CN={name} -config ca.cnf -out {name}.csr"
        ))
        .await;
        self.run(&format!(
            "ca -batch -notext -config ca.cnf -extensions {kind} -in {name}.csr -out {name}.pem"
        ))
        .await;
        self.certificate(name)
    }

    /// Revokes a certificate, since its key was compromised.
    ///
    /// # Panics
    /// If openssl does not.
    pub async fn revoke(&self, name: &str) {
        self.run(&format!(
            "ca -config ca.cnf -revoke {name}.pem -crl_reason keyCompromise"
        ))
        .await;
    }

    /// The root.
    pub fn root(&self) -> CertificateDer<'static> {
        self.certificate("ca")
    }

    /// A list of what is revoked, as PEM.
    ///
    /// # Panics
    /// If openssl does not make one.
    pub async fn list(&self) -> String {
        self.run("ca -config ca.cnf -gencrl -out list.pem").await;
        self.scratch.read("list.pem")
    }

    /// An OCSP response about a certificate in DER, signed by `signer`: `ca`, or a responder's
    /// name.
    ///
    /// # Panics
    /// If openssl does not make one.
    pub async fn response(&self, name: &str, signer: &str) -> Vec<u8> {
        self.run(&format!(
            "ocsp -no_nonce -issuer ca.pem -cert {name}.pem -reqout request.der"
        ))
        .await;
        self.run(&format!(
            "ocsp -index index.txt -CA ca.pem -rsigner {signer}.pem -rkey {signer}.key \
             -reqin request.der -respout response.der -ndays 7"
        ))
        .await;
        self.scratch.read_bytes("response.der")
    }

    /// What openssl says of a certificate, by a list as PEM.
    pub async fn judge_by_list(&self, certificate: &str, root: &str, list: &str) -> String {
        self.scratch.write("judged.pem", certificate);
        self.scratch.write("judged.root.pem", root);
        self.scratch.write("judged.crl", list);
        self.ask("verify -crl_check -CAfile judged.root.pem -CRLfile judged.crl judged.pem")
            .await
    }

    /// What openssl says of a certificate, by an OCSP response.
    pub async fn judge_by_response(
        &self,
        certificate: &str,
        root: &str,
        response: &[u8],
    ) -> String {
        self.scratch.write("judged.pem", certificate);
        self.scratch.write("judged.root.pem", root);
        self.scratch.write("judged.der", response);
        self.ask(
            "ocsp -respin judged.der -issuer judged.root.pem -cert judged.pem -CAfile judged.root.pem",
        )
        .await
    }

    /// A certificate as PEM.
    pub fn pem(&self, name: &str) -> String {
        self.scratch.read(&format!("{name}.pem"))
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.pem(name).as_bytes()).expect("openssl writes PEM")
    }

    /// Runs openssl with these arguments, none of which has a space in it; gives all that it
    /// prints.
    async fn ask(&self, arguments: &str) -> String {
        let (_, text) = self.call(arguments).await;
        text
    }

    async fn run(&self, arguments: &str) {
        let (successful, text) = self.call(arguments).await;
        assert!(successful, "openssl {arguments}: {text}");
    }

    async fn call(&self, arguments: &str) -> (bool, String) {
        let output = self
            .program
            .command(self.scratch.path())
            .args(arguments.split_whitespace())
            .output()
            .await
            .expect("openssl starts");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output.status.success(), text)
    }
}
