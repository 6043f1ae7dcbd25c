import type { Payload } from '../../src/cpim/envelope.ts';
import { LONG, POISON } from './network.ts';
import type { Place, PlaceLine, Server } from './place.ts';
import type { World } from './world.ts';

const people = ['Ann', 'Ben', 'Cleo'] as const;

/** What people say, and what goes wrong, in the order that chance gives: with so many acts. */
export class Script {
  private readonly world: World;
  private left: number;
  private said = 0;

  constructor(world: World, acts: number) {
    this.world = world;
    this.left = acts;
  }

  /** Each act is one more thing that waits to be chosen, beside everything that goes on. */
  async play(): Promise<void> {
    const { scheduler } = this.world;
    const trouble = this.troubles();
    while (this.left > 0) {
      const pause = scheduler.happens(20) ? 200 : 12;
      for (let steps = scheduler.chance.below(pause); steps > 0; steps -= 1) await scheduler.next();
      this.left -= 1;
      if (scheduler.happens(70)) await scheduler.as(undefined, () => this.say());
      else await scheduler.chance.oneOf(trouble)();
    }
  }

  private troubles(): (() => Promise<void> | void)[] {
    const { world } = this;
    const { database, scheduler, servers } = world;
    const some = <T>(list: readonly T[]): T => scheduler.chance.oneOf(list);
    const percent = (): number => some([0, 0, 5, 20, 60]);
    const all: (() => Promise<void> | void)[] = [
      () => world.crash(),
      () => world.restart(),
      () => world.overtake(),
      () => world.wake(),
      () => scheduler.as(undefined, () => some(servers).goDown()),
      () => this.up(some(servers)),
      () => this.up(some(servers)),
      () => void Object.assign(database.trouble, { fails: some([0, 2, 20]), unanswered: some([0, 20, 50]) }),
      () => void Object.assign(database.trouble, { fails: 0, unanswered: 0 }),
      () => void Object.assign(some(servers).trouble, { retry: percent(), again: percent() }),
      () => void Object.assign(some(servers).trouble, { lost: percent(), unanswered: percent(), silent: some([0, 5, 30]) }),
      () => this.expel(some(world.places).place),
      () => this.forget(some(servers)),
    ];
    // A seed has few kinds of trouble, so that each is seen alone as well as with others.
    const kinds = 1 + scheduler.chance.below(5);
    return Array.from({ length: kinds }, () => some(all));
  }

  private up(server: Server): void {
    if (!server.isUp) this.world.scheduler.note(`${server.name} is there again`);
    server.isUp = true;
  }

  private expel(place: Place): void {
    const { scheduler } = this.world;
    const ghost = `ghost-key-${scheduler.chance.oneOf(people)}`;
    scheduler.note(`${ghost} ${place.banned.has(ghost) ? 'may enter' : 'is thrown out of'} ${place.native}`);
    if (!place.banned.delete(ghost)) place.banned.add(ghost);
  }

  /** An archive that keeps not everything: of what was said while nobody of ours was there, something is gone. */
  private forget(server: Server): void {
    if (server.traits.wire !== 'stream' || server.connection) return;
    for (const { line } of server.log.slice(-2)) if (line.said) line.isForgotten = true;
  }

  private say(): void {
    const { chance } = this.world.scheduler;
    const { server, place } = chance.oneOf(this.world.places);
    const name = chance.oneOf(people);
    const kind = chance.below(20);
    if (kind < 3) return this.move(server, place, name);
    const own = place.lines.filter(({ said }) => said?.name === name && said.payload.kind === 'text');
    const about = (kind < 9 ? own : place.lines).at(-1 - chance.below(3));
    if (kind < 14 && about) server.says(place, { name, ...this.relation(kind, about) });
    else server.says(place, { name, payload: this.text() });
  }

  private text(): Payload {
    const { chance } = this.world.scheduler;
    this.said += 1;
    const sort = chance.below(20);
    return { kind: 'text', manner: 'plain', text: `t${this.said}${sort === 0 ? ` ${POISON}` : sort < 4 ? ` ${LONG}` : ''}` };
  }

  private relation(kind: number, about: PlaceLine): { payload: Payload; answers?: string } {
    const target = { id: { kind: 'event', value: about.id, strong: true } };
    if (kind < 7) return { payload: { kind: 'retraction', by: 'author', target } };
    if (kind < 9) return { payload: { kind: 'edit', target, text: { kind: 'text', manner: 'plain', text: `e${this.said}` } } };
    if (kind < 11) return { payload: { kind: 'reaction', mode: 'add', emoji: ['+'], target } };
    return { payload: this.text(), answers: about.id };
  }

  private move(server: Server, place: Place, name: string): void {
    const isHere = place.members.has(name);
    if (!isHere) place.members.add(name);
    else place.members.delete(name);
    server.says(place, { name, payload: { kind: 'membership', change: isHere ? 'leave' : 'join', name } });
  }
}
