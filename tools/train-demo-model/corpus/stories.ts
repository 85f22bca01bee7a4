import { article, expand, pick, type Random, type Slots } from "./expand.ts";
import { CHARACTERS, HE_NAMES, heldOut, OBJECTS, PLACES, SHE_NAMES } from "./words.ts";

/** What a story is about. Adjectives may be "". */
export interface Subject {
  readonly character: string;
  readonly characterAdjective: string;
  readonly object: string;
  readonly objectAdjective: string;
  /** The hero's name; "" where nobody asked for one. */
  readonly name: string;
}

const known = (words: readonly string[]): readonly string[] => words.filter((word) => !heldOut(word));
const HES = known(HE_NAMES);
const SHES = known(SHE_NAMES);
const FRIENDS = known(CHARACTERS);
const OTHER_OBJECTS = known(OBJECTS);

const OPENINGS = [
  "Once upon a time there {was|lived} $aA named $N. $N lived $P.",
  "$N was $aA who lived $P.",
  "$P lived $aA named $N.",
];

const OPENINGS_WITHOUT_NAME = [
  "Once upon a time there {was|lived} $aA. The $A lived $P.",
  "$P there lived $aA.",
];

/** What many beats begin with. */
const PARTS: Slots = {
  "@day": "{One {sunny|windy|rainy|cold|warm|quiet} {morning|day|evening}|One day}",
};

/** Each plot is a list of beats, one after another. */
const PLOTS: readonly (readonly string[])[] = [
  // Something is lost.
  [
    "$N had $aO and {loved it very much|took it everywhere}. @day, the $O was gone.",
    '"Where is my $O?" cried $N. $F the $f came to help, and they looked {high and low|all day}.',
    "{At last|In the end} $F found the $O {under a pile of leaves|behind a big stone}. $N {jumped for joy|danced and sang}.",
  ],
  // Something is found that belongs to somebody.
  [
    '@day, $N found $aO {on the path|under a bush|by the gate}. "Whose $O is this?" said $N.',
    "$N {liked the $O very much|wanted to keep the $O}, but somebody must miss it. So $N went from house to house.",
    'At the last house sat $F the $f, who was {crying|very sad}. "My $O! {Thank you|You found it}!" said $F, and they had tea together.',
  ],
  // A present.
  [
    "$F the $f had a birthday, and $N wanted to give $F {something special|a nice present}. But $N had no money.",
    "Then $N remembered $aO that {lay in a box at home|stood on the shelf}. $N {cleaned|painted} the $O and tied a ribbon around it.",
    '"{What a wonderful $O|This $O is the best present of all}!" said $F. They played with the $O {all afternoon|until the stars came out}.',
  ],
  // Something breaks and is mended.
  [
    "$N had $aO. @day, $N {dropped|fell over|sat on} the $O, and {crack|snap}! It broke.",
    '"My poor $O!" cried $N. But $F the $f said, "Do not worry. {We can fix it|We can mend it together}."',
    "$F brought {glue|some string|a hammer}, and they worked {for an hour|until supper}. {Soon|At last} the $O was as good as new.",
  ],
  // Making something.
  [
    "$N wanted $aO more than anything, but {nobody had one|the shop was too far away}. So $N began to make a new $O.",
    '$F the $f came by and laughed. "That is no $O," said $F. But $N {did not give up|only smiled}.',
    "{On the third day|After many tries} the $O was ready. {Even $F loved it|Even $F wanted to learn how to make one}.",
  ],
  // A strange sound at night.
  [
    '@day, $N heard a strange sound. {Bump, bump|Tap, tap|Whoosh}! "{What is that|Who is there}?" asked $N.',
    "Nobody answered. $N called $F the $f, and {very slowly|on tiptoe} they opened the door.",
    'And what did they see? It was $aO! "It is only the $O!" said $F, and they laughed {and laughed|until they were tired}.',
  ],
];

const ENDINGS = [
  "From that day on $N and $F were {best friends|friends for life}.",
  "And they lived happily ever after.",
  "That night $N {fell asleep with a smile|dreamed of the $O}.",
  "And the $O? {It is still there today|$N has it to this day}.",
];

const phrase = (adjective: string, noun: string): string => {
  const whole = adjective === "" ? noun : `${adjective} ${noun}`;
  return `${article(whole)} ${whole}`;
};

/** A whole story, one paragraph. */
export function story(random: Random, subject: Subject): string {
  const { character, object, name } = subject;
  const names = random() < 0.5 ? HES : SHES;
  const named = name !== "" || random() < 0.7;
  const hero = name !== "" ? name : named ? pick(random, names) : `the ${character}`;
  const others = random() < 0.5 ? HES : SHES;
  const friend = pick(
    random,
    others.filter((other) => other !== hero),
  );
  const slots: Slots = {
    A: character,
    aA: phrase(subject.characterAdjective, character),
    O: object,
    aO: phrase(subject.objectAdjective, object),
    N: hero,
    F: friend,
    f: pick(
      random,
      FRIENDS.filter((other) => other !== character && other !== object),
    ),
    P: pick(random, PLACES),
  };
  const beats = [
    pick(random, named ? OPENINGS : OPENINGS_WITHOUT_NAME),
    ...pick(random, PLOTS),
    pick(random, ENDINGS),
    random() < 0.3 ? "The end." : "",
  ];
  return beats
    .map((beat) =>
      sentences(
        expand(
          random,
          beat.replace(/@\w+/g, (part) => PARTS[part]!),
          slots,
        ),
        named,
      ),
    )
    .filter((text) => text !== "")
    .join(" ");
}

/** A hero without a name is "the fox", who may begin a sentence after a quotation. */
function sentences(text: string, named: boolean): string {
  return named ? text : text.replace(/([.!?]" )the /g, "$1The ");
}

export { FRIENDS as KNOWN_CHARACTERS, OTHER_OBJECTS as KNOWN_OBJECTS, phrase };
