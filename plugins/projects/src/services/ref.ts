import type { Service } from '../entities/service.entity.ts';

/** What events say of a service. */
export function serviceRef(service: Service) {
  const { organisation, project, environment, id, revision } = service;
  return { organisation, project, environment, service: id, revision };
}
