import { Refusal } from "../abi/refusal.ts";
import { formOf } from "../abi/schema.ts";
import { CERTIFICATE_FORMAT, CERTIFICATE_VERSION, type Certificate } from "../checker/certificate.ts";

/** A file that is no certificate, or one of something else; the message is one line. */
export class CertificateError extends Refusal {}

const complaintAbout = formOf("report/certificate.schema.json");

const HINT = "give the file that certify -o wrote";

/**
 * Reads a certificate.
 *
 * @throws CertificateError where it is none, or one of another version
 */
export const parseCertificate = (text: string): Certificate => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new CertificateError("this is no certificate: it is not JSON", HINT);
  }
  const { format, version } = (content ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format !== CERTIFICATE_FORMAT) {
    throw new CertificateError(`this is no certificate: its format is not ${CERTIFICATE_FORMAT}`, HINT);
  }
  if (version !== CERTIFICATE_VERSION) {
    throw new CertificateError(
      `the certificate is of version ${JSON.stringify(version)}, and this tool reads version ${CERTIFICATE_VERSION}`,
      "check it with the version of the tool that wrote it",
    );
  }
  const wrong = complaintAbout(content);
  if (wrong !== undefined)
    throw new CertificateError(`the certificate is damaged: ${wrong}`, "write it again with certify");
  return content as Certificate;
};
