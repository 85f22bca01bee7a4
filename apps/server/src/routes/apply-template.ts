import { post } from "../route.ts";
import { applyTemplateRequest, applyTemplateResponse } from "../schemas/native.ts";
import { withModel } from "../with-model.ts";
import { toChatMessage } from "./v1-chat-completions.ts";

export const applyTemplateRoute = post("/apply-template", {
  summary: "The prompt that the model's chat template makes of a conversation",
  request: applyTemplateRequest,
  response: applyTemplateResponse,
  handle: async ({ messages, add_generation_prompt, model_id }, exchange) => {
    const prompt = await withModel(exchange, model_id, (model, modelId) =>
      exchange.server.chatPrompts.render(model, modelId, {
        messages: messages.map(toChatMessage),
        addGenerationPrompt: add_generation_prompt,
      }),
    );
    return Response.json({ prompt });
  },
});
