import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { type ServerProcess, startServer, TINY } from "../clients/server-process.ts";

const HOW_TO = new URL("../../../../docs/how-to/", import.meta.url);
const MANIFESTS = new URL("scale-out/manifests/", HOW_TO);
const files = readdirSync(MANIFESTS).filter((name) => name.endsWith(".yaml"));

interface Container {
  readonly args: string[];
  readonly ports: { readonly name?: string; readonly containerPort: number }[];
  readonly [probe: string]: unknown;
}
interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name: string; readonly labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own
  readonly spec?: any;
}

const read = (name: string): Manifest[] => {
  const parsed = Bun.YAML.parse(readFileSync(new URL(name, MANIFESTS), "utf8"));
  return (Array.isArray(parsed) ? parsed : [parsed]) as Manifest[];
};
const all = files.flatMap(read);
const ofKind = (kind: string): Manifest => {
  const found = all.find((manifest) => manifest.kind === kind);
  if (found === undefined) throw new Error(`no manifest is a ${kind}`);
  return found;
};
const probesOf = (container: Container): { path: string; port: number | string }[] =>
  ["startupProbe", "livenessProbe", "readinessProbe"]
    .map((probe) => container[probe] as { httpGet: { path: string; port: number | string } } | undefined)
    .flatMap((probe) => probe?.httpGet ?? []);

const deployment = ofKind("Deployment").spec.template;
const container: Container = deployment.spec.containers[0];
const served: Container = ofKind("InferenceService").spec.predictor.containers[0];
const graceOf = ({ args }: Container) =>
  Number(args.find((flag) => flag.startsWith("--grace="))?.slice("--grace=".length));

describe("the manifests", () => {
  test("are Kubernetes objects, but for the values of a chart", () => {
    expect(files).toHaveLength(6);
    for (const name of files.filter((file) => !file.endsWith("-values.yaml"))) {
      for (const { apiVersion, kind, metadata, spec } of read(name)) {
        expect(apiVersion).toMatch(/^([\w.-]+\/)?v\d\w*$/);
        expect(kind).toMatch(/^[A-Z]\w+$/);
        expect(metadata?.name).toMatch(/^[a-z][a-z-]*$/);
        expect(spec).toBeObject();
      }
    }
  });

  test("select the Deployment's pods and its port", () => {
    const { labels } = deployment.metadata;
    const selectors = [
      ofKind("Deployment").spec.selector.matchLabels,
      ofKind("Service").spec.selector,
      ofKind("PodDisruptionBudget").spec.selector.matchLabels,
      ofKind("PodMonitor").spec.selector.matchLabels,
      ofKind("InferencePool").spec.selector.matchLabels,
    ];
    for (const selector of selectors) expect(labels).toMatchObject(selector);
    const [port] = container.ports;
    expect(ofKind("InferencePool").spec.targetPorts).toEqual([{ number: port!.containerPort }]);
    expect(ofKind("Service").spec.ports[0].targetPort).toBe(port!.name!);
    expect(ofKind("PodMonitor").spec.podMetricsEndpoints[0].port).toBe(port!.name!);
    expect(deployment.metadata.annotations["prometheus.io/port"]).toBe(`${port!.containerPort}`);
    expect(container.args).toContain(`--port=${port!.containerPort}`);
    for (const probe of probesOf(container)) expect(probe.port).toBe(port!.name!);
    expect(ofKind("ScaledObject").spec.scaleTargetRef.name).toBe(ofKind("Deployment").metadata!.name);
    expect(ofKind("HTTPRoute").spec.rules[0].backendRefs[0].name).toBe(
      ofKind("InferencePool").metadata!.name,
    );
  });

  test("leave the server its grace time", () => {
    const { terminationGracePeriodSeconds } = deployment.spec;
    const { preStop } = container.lifecycle as { preStop: { sleep: { seconds: number } } };
    expect(terminationGracePeriodSeconds).toBeGreaterThan(preStop.sleep.seconds + graceOf(container));
    const { predictor } = ofKind("InferenceService").spec;
    expect(predictor.terminationGracePeriodSeconds).toBeGreaterThan(graceOf(served));
  });
});

describe("the server with the flags of the manifests", () => {
  let server: ServerProcess;
  let starting: Promise<ServerProcess> | undefined;
  beforeAll(async () => {
    const own = new Set(["--model", "--host", "--port", "--threads"]);
    const [command, ...flags] = container.args;
    expect(command).toBe("serve");
    expect(served.args.every((flag) => container.args.includes(flag))).toBe(true);
    const model = container.args.find((flag) => flag.startsWith("--model="))!.split("=")[1];
    starting = startServer(
      `--model=${model}=${TINY}`,
      ...flags.filter((flag) => !own.has(flag.split("=")[0]!)),
    );
    server = await starting;
  }, 60_000);
  afterAll(async () => {
    await (await starting)?.stop("SIGKILL");
  }, 60_000);

  test("answers the probes", async () => {
    const probes = [...probesOf(container), ...probesOf(served)];
    expect(probes).toHaveLength(5);
    for (const { path } of probes) expect((await fetch(server.url + path)).status).toBe(200);
  });

  test("has every metric that manifests and guide name, for the model they name", async () => {
    const answered = await fetch(`${server.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "chat", prompt: "abc", max_tokens: 2 }),
    });
    expect(answered.status).toBe(200);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const families = new Set([...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
    const texts = [
      ...files.map((name) => readFileSync(new URL(name, MANIFESTS), "utf8")),
      readFileSync(new URL("scale-out.md", HOW_TO), "utf8"),
    ];
    const named = new Set(
      texts.flatMap((text) => text.match(/\bvllm:[a-z_0-9]+|\brealizar_[a-z_0-9]+/g) ?? []),
    );
    expect(named.size).toBeGreaterThan(20);
    expect([...named].filter((name) => !families.has(name))).toEqual([]);
    for (const { metadata } of ofKind("ScaledObject").spec.triggers) {
      const series = /\(([^)]+)\)/.exec(metadata.query)![1]!;
      expect(metrics).toContain(`\n${series} `);
    }
  });
});
