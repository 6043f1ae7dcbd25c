import { type Counted, perSide } from './metrics.ts';
import type { Numbers } from './numbers.ts';

export type Gauges = ReturnType<typeof makeGauges>;

/** What is looked up when somebody asks. */
export function makeGauges(numbers: Numbers, protocols: readonly Counted[]) {
  return {
    ...ofNetworks(numbers),
    ...ofLinks(numbers),
    ...ofPeople(numbers),
    ...established(numbers, protocols),
    build: numbers.gauge('rialto_build_info', 'Always 1: what runs', ['version', 'node', 'database']),
  };
}

function ofNetworks(numbers: Numbers) {
  return {
    up: numbers.gauge('rialto_network_up', '1 while a network can be used', ['network', 'protocol']),
    state: numbers.gauge('rialto_network_state', '1 for the state that a network is in', ['network', 'state']),
    since: numbers.gauge('rialto_network_state_since_seconds', 'When a network came into its state, Unix time', ['network']),
  };
}

function ofLinks(numbers: Numbers) {
  return {
    rooms: numbers.gauge('rialto_rooms', 'Linked rooms'),
    endpoints: numbers.gauge('rialto_endpoints', 'Endpoints of linked rooms, by state', ['network', 'state']),
    entered: numbers.gauge('rialto_endpoints_entered', 'Endpoints that were entered and have been caught up with', ['network']),
    notEntered: numbers.gauge('rialto_endpoints_not_entered', 'Endpoints still to be entered, by what they wait for', [
      'network',
      'waits_for',
    ]),
    lanesWaiting: numbers.gauge('rialto_lanes_waiting', 'Endpoints that still have to get something', ['network']),
    linesWaiting: numbers.gauge('rialto_lines_waiting', 'Lines that still have to be delivered to a network', ['network']),
    lag: numbers.gauge('rialto_lag_seconds', 'Age of the oldest line that still has to be delivered to a network', ['network']),
  };
}

function ofPeople(numbers: Numbers) {
  return {
    ghosts: numbers.gauge('rialto_ghosts', 'Ghosts on a network', ['network']),
    seats: numbers.gauge('rialto_seats', 'Places of ghosts in rooms, by state', ['network', 'state']),
    members: numbers.gauge('rialto_members', 'Native people in linked rooms, counted once in each', ['network']),
    parked: numbers.gauge('rialto_parked', 'Events that could not be understood and are kept', ['network']),
    owed: numbers.gauge('rialto_notices_owed', 'Senders who are still to be told of a refusal', ['network']),
  };
}

function established(numbers: Numbers, protocols: readonly Counted[]) {
  const rooms = (side: string) =>
    numbers.gauge(`bridge_${side}_configured_rooms`, `As in other bridges: linked rooms on the ${side} side`);
  const ghosts = (side: string) => numbers.gauge(`bridge_${side}_ghosts`, `As in other bridges: ghosts on the ${side} side`);
  const byAge = (side: string) =>
    numbers.gauge(
      `bridge_${side}_rooms_by_age`,
      `As in other bridges: rooms where somebody spoke within this time on the ${side} side`,
      ['age'],
    );
  return {
    appVersion: numbers.gauge('bridge_app_version', 'As in other bridges: always 1', ['version']),
    sideRooms: perSide(protocols, rooms),
    sideGhosts: perSide(protocols, ghosts),
    sideRoomsByAge: perSide(protocols, byAge),
  };
}
