import { memo } from "hono/jsx/dom";
import { figures } from "../format.ts";
import { textOf } from "../pieces.ts";
import type { Session } from "../session.ts";
import type { Answer, Turn } from "../state.ts";
import { AnswerText } from "./answer-text.tsx";
import { CopyButton } from "./copy-button.tsx";

function Reasoning({ turn, answer }: { turn: number; answer: Answer }) {
  if (answer.reasoning.length === 0) return null;
  const isThinking = answer.status === "streaming" && answer.content.length === 0;
  return (
    <details class="reasoning">
      <summary>{isThinking ? "Reasoning …" : "Reasoning"}</summary>
      <AnswerText turn={turn} channel="reasoning" pieces={answer.reasoning} label="Reasoning" />
    </details>
  );
}

function Actions({ turn, session }: { turn: Turn; session: Session }) {
  const { status, content } = turn.answer;
  return (
    <span class="actions">
      {content.length > 0 && <CopyButton text={() => textOf(content)} />}
      {turn.mode === "completion" && status !== "failed" && (
        <button type="button" class="quiet" onClick={() => session.proceed()}>
          Continue
        </button>
      )}
      <button type="button" class="quiet" onClick={() => session.again()}>
        {status === "failed" ? "Try again" : "Again"}
      </button>
    </span>
  );
}

interface TurnProps {
  readonly turn: Turn;
  readonly isLast: boolean;
  readonly session: Session;
}

/** A prompt and its answer. */
export const TurnView = memo(({ turn, isLast, session }: TurnProps) => {
  const { id, mode, prompt, answer } = turn;
  const isRunning = answer.status === "waiting" || answer.status === "streaming";
  return (
    <article class={`turn ${mode} ${answer.status}`} aria-label={`Turn ${id}`}>
      <h2 class="who">{mode === "chat" ? "You" : `Continued by ${answer.model}`}</h2>
      <p class="prompt">{prompt}</p>
      {mode === "chat" && <h2 class="who">{answer.model}</h2>}
      <Reasoning turn={id} answer={answer} />
      {answer.content.length > 0 && (
        <AnswerText turn={id} channel="content" pieces={answer.content} label={`Answer of ${answer.model}`} />
      )}
      {answer.status === "waiting" && <p class="pending">Waiting for the first token</p>}
      {answer.status === "done" && answer.content.length === 0 && (
        <p class="pending">
          {answer.reasoning.length > 0 ? "The answer ended within its reasoning." : "The answer is empty."}
        </p>
      )}
      {answer.error !== undefined && (
        <p class="error" role="alert">
          {answer.error}
        </p>
      )}
      <div class="foot">
        <span class="figures">{isRunning ? "" : figures(answer).join(" · ")}</span>
        {isLast && !isRunning && <Actions turn={turn} session={session} />}
        {!isLast && answer.content.length > 0 && (
          <span class="actions">
            <CopyButton text={() => textOf(answer.content)} />
          </span>
        )}
      </div>
    </article>
  );
});
