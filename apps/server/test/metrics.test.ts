import { describe, expect, test } from "bun:test";
import { type Ask, toyServer, turnstile } from "./toy-server.ts";

async function read(ask: Ask): Promise<(name: string) => number | undefined> {
  const response = await ask("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).split("\n");
  return (name) => {
    const line = lines.find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
}

describe("/metrics", () => {
  test("counts requests, tokens, times and the model cache", async () => {
    const { ask } = toyServer();
    await ask("/generate", { prompt: "ab", max_tokens: 5 });
    await ask("/generate", { prompt: "ab", max_tokens: -5 });
    await ask("/generate", { prompt: "T" });
    await ask("/no-such-path");
    const metric = await read(ask);
    expect(metric('realizar_requests_total{endpoint="/generate",status="200"}')).toBe(1);
    expect(metric('realizar_requests_total{endpoint="/generate",status="400"}')).toBe(1);
    expect(metric('realizar_requests_total{endpoint="/generate",status="500"}')).toBe(1);
    expect(metric('realizar_requests_total{endpoint="unknown",status="404"}')).toBe(1);
    expect(metric('realizar_request_duration_seconds_count{endpoint="/generate"}')).toBe(3);
    expect(metric("realizar_prompt_tokens_total")).toBe(3 + 2);
    expect(metric("realizar_generated_tokens_total")).toBe(5);
    expect(metric("realizar_time_to_first_token_seconds_count")).toBe(1);
    expect(metric("realizar_inter_token_latency_seconds_count")).toBe(4);
    expect(metric("realizar_e2e_request_latency_seconds_count")).toBe(2);
    expect(metric("realizar_request_queue_time_seconds_count")).toBe(2);
    expect(metric('realizar_generations_total{finished_reason="length"}')).toBe(1);
    expect(metric('realizar_generations_total{finished_reason="error"}')).toBe(1);
    expect(metric("realizar_model_cache_misses_total")).toBe(1);
    expect(metric("realizar_model_cache_hits_total")).toBe(2);
    expect(metric("realizar_model_cache_evictions_total")).toBe(0);
    expect(metric("realizar_model_cache_bytes")).toBe(1000);
    expect(metric("process_resident_memory_bytes")).toBeGreaterThan(0);
  });

  test("shows what runs and waits, and how full the KV cache is", async () => {
    const gate = turnstile();
    const { ask } = toyServer({}, { beforeStep: gate.pass, engine: { maxRunning: 1 } });
    const running = [1, 2, 3].map(() => ask("/generate", { prompt: "a".repeat(33), max_tokens: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const busy = await read(ask);
    expect(busy("realizar_requests_running")).toBe(1);
    expect(busy("realizar_requests_waiting")).toBe(2);
    expect(busy("realizar_requests_in_flight")).toBe(3);
    expect(busy("realizar_kv_pages_used")).toBe(3);
    expect(busy("realizar_kv_usage_ratio")).toBeCloseTo(3 / 64);
    gate.open();
    await Promise.all(running);
    const idle = await read(ask);
    expect(idle("realizar_requests_running")).toBe(0);
    expect(idle("realizar_kv_usage_ratio")).toBe(0);
    expect(idle("realizar_prefix_cache_queries_total")).toBe(34 * 3);
    expect(idle("realizar_prefix_cache_hits_total")).toBe(32 * 2);
    const again = await read(ask);
    expect(again("realizar_prefix_cache_hits_total")).toBe(32 * 2);
    expect(again("realizar_preemptions_total")).toBe(0);
  });

  test("counters outlive the models they counted", async () => {
    const { ask } = toyServer();
    const prompt = "a".repeat(40);
    for (let i = 0; i < 2; i++) {
      await ask("/generate", { prompt, max_tokens: 1 });
      await ask("/metrics");
      await ask("/models/unload", { model_id: "toy" });
      expect((await read(ask))("realizar_requests_running")).toBe(0);
    }
    expect((await read(ask))("realizar_prefix_cache_queries_total")).toBe(82);
  });

  test("has vLLM's names where they are asked for", async () => {
    const { ask } = toyServer({ metricsCompat: "vllm" });
    await ask("/generate", { prompt: "ab", max_tokens: 5 });
    const metric = await read(ask);
    for (const name of [
      "vllm:num_requests_waiting",
      "vllm:num_requests_running",
      "vllm:kv_cache_usage_perc",
      "vllm:gpu_cache_usage_perc",
      "vllm:prefix_cache_hits_total",
      "vllm:gpu_prefix_cache_hits_total",
      "vllm:gpu_prefix_cache_queries_total",
      "vllm:num_preemptions_total",
    ]) {
      expect(metric(`${name}{model_name="toy"}`)).toBeNumber();
    }
    expect(metric('vllm:prompt_tokens_total{model_name="toy"}')).toBe(3);
    expect(metric('vllm:generation_tokens_total{model_name="toy"}')).toBe(5);
    expect(metric('vllm:time_to_first_token_seconds_count{model_name="toy"}')).toBe(1);
    expect(metric('vllm:request_success_total{model_name="toy",finished_reason="length"}')).toBe(1);
    expect(metric('vllm:cache_config_info{model_name="toy",block_size="16",num_gpu_blocks="64"}')).toBe(1);
    const plain = await (await toyServer().ask("/metrics")).text();
    expect(plain).not.toContain("vllm");
  });
});
