export { Mailbox, type Mail } from './mail/mailbox.ts';
export type { SmtpFault } from './mail/smtp-fault.ts';
export { SmtpSandbox } from './mail/smtp-server.ts';
export { openSandbox, type Sandbox } from './sandbox.ts';
export type { AccountDraft, OutsideAccount } from './oidc/accounts.ts';
export type { Signer, TokenOrder } from './oidc/id-tokens.ts';
export { OidcServer } from './oidc/oidc-server.ts';
export { openOidcSandbox, sandboxClients, type OidcSandbox } from './oidc/open-oidc.ts';
export { pickAccount } from './oidc/browser.ts';
