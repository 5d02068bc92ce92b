export { openAudit } from './audit.ts';
export type { AnsweredRequest, Audit } from './audit.ts';
export type { AuditEntry, AuditRow } from './row.ts';
export type { AuditFault, AuditVerdict } from './verify.ts';
export { registerAuditRoutes } from './routes.ts';
