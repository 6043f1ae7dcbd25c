/** CPU time of this process so far, in ms: unlike the clock it hardly depends on what else the machine is doing. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
