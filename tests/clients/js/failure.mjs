// SPDX-License-Identifier: Apache-2.0
// What an error of a call means for the records in it. Two questions decide everything: may the
// service have executed the call all the same (`doubt`), and who has to act (`kind`)?

const rows = (kind, scope, names) => names.map((name) => [name, { kind, scope }]);

// By the error's name. Anything that the service documents as refusing the whole batch because of one
// record is isolated: the good records of the batch must not be lost with the bad one.
const KINDS = new Map([
  ...rows('isolate', 'record', [
    'TimestampOutOfBoundsException',
    'InvalidUsageDimensionException',
    'InvalidCustomerIdentifierException',
    'InvalidTagException',
    'InvalidUsageAllocationsException',
    'InvalidLicenseException',
    'CustomerNotEntitledException',
    'ValidationException',
    'ValidationError',
    'InvalidParameterValue',
  ]),
  ...rows('split', 'record', ['RequestEntityTooLargeException', 'RequestTooLargeException']),
  ...rows('outage', 'service', [
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'RequestThrottled',
    'RequestThrottledException',
    'TooManyRequestsException',
    'RequestLimitExceeded',
    'LimitExceededException',
    'SlowDown',
    'ServiceUnavailable',
    'RequestTimeout',
    'RequestTimeoutException',
  ]),
  // Nothing that sending again can heal; a person has to. The usage is kept.
  ...rows('configuration', 'product', ['InvalidProductCodeException']),
  ...rows('configuration', 'service', [
    'DisabledApiException',
    'InvalidEndpointRegionException', // the program runs elsewhere than where it reports
    'UnknownOperationException',
  ]),
  ...rows('credentials', 'service', [
    'AccessDenied',
    'AccessDeniedException',
    'ExpiredToken',
    'ExpiredTokenException',
    'IncompleteSignature',
    'IncompleteSignatureException',
    'InvalidClientTokenId',
    'InvalidSignatureException',
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'OptInRequired',
    'RequestExpired',
    'RequestTimeTooSkewed',
    'SignatureDoesNotMatch',
    'UnrecognizedClientException',
    'CredentialsProviderError',
    'TokenProviderError',
    'UnauthorizedException',
  ]),
]);

// Nothing left this machine, or nobody took it. TLS: no request is sent before the handshake is done.
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const BAD_CERTIFICATE = /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
const NO_CONNECTION = /without establishing a connection/; // the SDK's connection timeout

/**
 * {kind, scope, doubt, reason} of what client.send() threw. kind: isolate (one record of the batch is
 * at fault), split (too large), outage (later, unchanged), credentials, configuration (a person must
 * act). scope: how far it reaches: record, batch, product, service. The error's message is not part of
 * the reason: that of a bad signature quotes the request, session token included, and would be logged.
 */
export function judgeFailure(error) {
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  const reason = [error.name, error.code, status && `HTTP ${status}`].filter(Boolean).join(' ');
  const refused = status >= 300 && status < 500 && status !== 408; // answered, and not executed
  const known = KINDS.get(error.name);
  if (BAD_CERTIFICATE.test(error.code)) {
    return { kind: 'configuration', scope: 'service', doubt: false, reason };
  }
  if (status === undefined && known?.kind === 'credentials') {
    return { ...known, doubt: false, reason }; // they could not be had: nothing was sent
  }
  if (known && (refused || known.kind === 'outage')) {
    return { ...known, doubt: !refused, reason };
  }
  if (status === 413) {
    return { kind: 'split', scope: 'record', doubt: false, reason };
  }
  if (status === 429) {
    return { kind: 'outage', scope: 'service', doubt: false, reason };
  }
  if (refused) {
    return { kind: 'configuration', scope: 'batch', doubt: false, reason };
  }
  // Resets, timeouts, 5xx, replies that cannot be read: the service may have executed the call before
  // the reply was lost. Only the identical record can be sent again safely.
  const neverSent = NEVER_SENT.has(error.code) || NO_CONNECTION.test(error.message);
  return { kind: 'outage', scope: 'service', doubt: !neverSent, reason };
}
