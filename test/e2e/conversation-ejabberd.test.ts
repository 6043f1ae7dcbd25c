import { settings } from './lab.ts';
import { conversation } from './parts/conversation.ts';

await conversation(settings[1]);
