import { defineUi } from '@containr/sdk/ui';
import PushCard from './PushCard.vue';

export default defineUi({
  contributions: [{ outlet: 'serviceCard', id: 'push', order: 0, permission: 'service:read', view: PushCard }],
});
