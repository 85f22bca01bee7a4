import { encodeText } from "../prompt.ts";
import { post } from "../route.ts";
import {
  detokenizeRequest,
  detokenizeResponse,
  tokenizeRequest,
  tokenizeResponse,
} from "../schemas/native.ts";
import { withModel } from "../with-model.ts";

export const tokenizeRoutes = [
  post("/tokenize", {
    summary: "Text to token ids, no special tokens added",
    request: tokenizeRequest,
    response: tokenizeResponse,
    handle: async ({ text, model_id }, exchange) => {
      const ids = await withModel(exchange, model_id, (model) =>
        encodeText(model, text, { addSpecial: false }),
      );
      return Response.json({ token_ids: ids, num_tokens: ids.length });
    },
  }),
  post("/detokenize", {
    summary: "Token ids to text, control tokens left out",
    request: detokenizeRequest,
    response: detokenizeResponse,
    handle: async ({ token_ids, model_id }, exchange) => {
      const text = await withModel(exchange, model_id, ({ tokenizer }) => tokenizer.decode(token_ids));
      return Response.json({ text });
    },
  }),
];
