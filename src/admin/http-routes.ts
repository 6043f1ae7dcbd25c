import type { HttpAnswer, HttpPort, HttpRequest } from '../networks/http-port.ts';

type Handle = (request: HttpRequest) => Promise<HttpAnswer>;

interface Route {
  readonly method: string;
  readonly parts: readonly string[];
  readonly handle: Handle;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The paths at which networks are reached by HTTP. */
export class HttpRoutes implements HttpPort {
  private readonly routes: Route[] = [];

  route(method: 'GET' | 'PUT' | 'POST', path: string, handle: Handle): void {
    this.routes.push({ method, parts: path.split('/'), handle });
  }

  /** The answer of the route that fits, or undefined if there is none. */
  async answer(request: Omit<HttpRequest, 'params'>): Promise<HttpAnswer | undefined> {
    const parts = request.path.split('/');
    for (const route of this.routes) {
      if (route.method !== request.method || route.parts.length !== parts.length) continue;
      const params: Record<string, string> = {};
      const fits = route.parts.every((wanted, index) => {
        const given = parts[index] ?? '';
        if (!wanted.startsWith(':')) return wanted === given;
        params[wanted.slice(1)] = decoded(given);
        return given !== '';
      });
      if (fits) return route.handle({ ...request, params });
    }
    return undefined;
  }
}
