import { definePlugin } from '@containr/sdk';
import {
  ChangesChanged,
  DeletionDescribe,
  ProjectChanged,
  QuotaDescribe,
  ServiceChanged,
  ServiceCreated,
  ServiceDelete,
  ServiceDeleted,
  ServiceDescribe,
} from './contract.ts';
import { Change } from './entities/change.entity.ts';
import { Environment } from './entities/environment.entity.ts';
import { Freeze } from './entities/freeze.entity.ts';
import { Project } from './entities/project.entity.ts';
import { Quota } from './entities/quota.entity.ts';
import { Revision } from './entities/revision.entity.ts';
import { Service } from './entities/service.entity.ts';
import { VariableText } from './entities/variable-text.entity.ts';
import { VariableVersion } from './entities/variable-version.entity.ts';
import { Variable } from './entities/variable.entity.ts';
import { migrations } from './migrations.ts';
import { provideProjects } from './provide.ts';
import { changeRoutes } from './routes/changes.routes.ts';
import { deletionRoutes } from './routes/deletion.routes.ts';
import { environmentCopyRoutes } from './routes/environment-copies.routes.ts';
import { environmentRoutes } from './routes/environments.routes.ts';
import { freezeRoutes } from './routes/freezes.routes.ts';
import { projectRoutes } from './routes/projects.routes.ts';
import { quotaRoutes } from './routes/quotas.routes.ts';
import { serviceRoutes } from './routes/services.routes.ts';
import { specRoutes } from './routes/specs.routes.ts';
import { variableHistoryRoutes } from './routes/variable-history.routes.ts';
import { variableTextRoutes } from './routes/variable-text.routes.ts';
import { variableRoutes } from './routes/variables.routes.ts';

export default definePlugin({
  entities: [Project, Environment, Service, Revision, Variable, VariableVersion, VariableText, Change, Quota, Freeze],
  migrations,
  setup(ctx) {
    ctx.hooks.define(ServiceDescribe);
    ctx.hooks.define(ServiceDelete);
    ctx.hooks.define(DeletionDescribe);
    ctx.hooks.define(QuotaDescribe);
    ctx.events.define(ProjectChanged);
    ctx.events.define(ChangesChanged);
    ctx.events.define(ServiceCreated);
    ctx.events.define(ServiceChanged);
    ctx.events.define(ServiceDeleted);
    provideProjects(ctx);
    projectRoutes(ctx);
    environmentRoutes(ctx);
    environmentCopyRoutes(ctx);
    freezeRoutes(ctx);
    deletionRoutes(ctx);
    serviceRoutes(ctx);
    specRoutes(ctx);
    variableRoutes(ctx);
    variableTextRoutes(ctx);
    variableHistoryRoutes(ctx);
    changeRoutes(ctx);
    quotaRoutes(ctx);
  },
});
