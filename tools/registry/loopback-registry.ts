/**
 * A registry on loopback that keeps what is published in memory: npm's protocol as far as publish, install and exec go.
 * Source: docs/REGISTRY-API.md and docs/responses/package-metadata.md of npm/registry; the body of a publication as
 * libnpmpublish writes it.
 */
export interface Registry {
  /** Without a slash at its end. */
  readonly url: string;
  /** Paths that were asked for and are not there. */
  readonly missed: readonly string[];
  /** Bytes of tarballs sent since the last call. */
  takeSentBytes(): number;
  stop(): Promise<void>;
}

interface Version {
  readonly dist: { tarball: string; readonly integrity?: string };
}

interface Publication {
  readonly name: string;
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, Version>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

interface Published {
  readonly name: string;
  readonly "dist-tags": Record<string, string>;
  readonly versions: Record<string, Version>;
  readonly time: Record<string, string>;
}

const failure = (status: number, error: string) => Response.json({ error }, { status });

export function startRegistry(): Registry {
  const packages = new Map<string, Published>();
  /** "name/file.tgz" to its bytes. */
  const tarballs = new Map<string, Uint8Array<ArrayBuffer>>();
  const missed: string[] = [];
  let sent = 0;

  async function publish(request: Request, origin: string): Promise<Response> {
    const body = (await request.json()) as Publication;
    const published = packages.get(body.name) ?? { name: body.name, "dist-tags": {}, versions: {}, time: {} };
    const now = new Date().toISOString();
    for (const [version, manifest] of Object.entries(body.versions)) {
      if (published.versions[version] !== undefined) return failure(409, `${version} is published already`);
      const [file, attachment] = Object.entries(body._attachments)[0] ?? [];
      if (file === undefined || attachment === undefined) return failure(400, "no tarball");
      const place = `${body.name}/${file.split("/").at(-1)}`;
      tarballs.set(place, Uint8Array.fromBase64(attachment.data));
      manifest.dist.tarball = `${origin}/${place.replace(/\/(?=[^/]*$)/, "/-/")}`;
      published.versions[version] = manifest;
      published.time[version] = now;
    }
    Object.assign(published["dist-tags"], body["dist-tags"]);
    packages.set(body.name, published);
    return Response.json({ ok: true }, { status: 201 });
  }

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { origin, pathname } = new URL(request.url);
      const path = decodeURIComponent(pathname).slice(1);
      if (request.method === "PUT") return publish(request, origin);
      const tarball = tarballs.get(path.replace("/-/", "/"));
      if (tarball !== undefined) {
        sent += tarball.byteLength;
        return new Response(tarball, { headers: { "content-type": "application/octet-stream" } });
      }
      const published = packages.get(path);
      if (published !== undefined) return Response.json(published);
      missed.push(path);
      return failure(404, "not found");
    },
  });
  return {
    url: server.url.origin,
    missed,
    takeSentBytes() {
      const bytes = sent;
      sent = 0;
      return bytes;
    },
    stop: () => server.stop(true),
  };
}
