import { pick, type Random } from "./expand.ts";

const list = (text: string): readonly string[] => text.trim().split(/\s*,\s*/);

/** Who a story can be about. */
export const CHARACTERS = list(`
fox, bear, rabbit, hare, mouse, rat, owl, hedgehog, badger, otter, beaver, squirrel, deer, moose, elk, wolf, dog, puppy, cat,
kitten, horse, pony, donkey, cow, calf, goat, sheep, lamb, pig, piglet, hen, chicken, rooster, duck, duckling, goose, swan,
turkey, pigeon, dove, sparrow, robin, crow, raven, magpie, parrot, peacock, penguin, puffin, seagull, pelican, stork, heron,
flamingo, ostrich, eagle, hawk, falcon, bat, mole, weasel, ferret, skunk, raccoon, opossum, hamster, gerbil, frog, toad, newt,
lizard, gecko, turtle, tortoise, snake, crocodile, alligator, dinosaur, dragon, unicorn, fish, goldfish, trout, salmon, shark,
whale, dolphin, seal, walrus, octopus, squid, crab, lobster, shrimp, snail, slug, worm, beetle, ladybird, ant, bee, wasp,
butterfly, moth, spider, cricket, grasshopper, dragonfly, firefly, caterpillar, lion, tiger, leopard, panther, cheetah, lynx,
elephant, rhino, hippo, giraffe, zebra, camel, llama, alpaca, buffalo, bison, yak, ox, antelope, monkey, gorilla, lemur,
sloth, koala, kangaroo, wombat, platypus, panda, armadillo, anteater, meerkat, porcupine, chipmunk, marmot, jellyfish,
starfish, seahorse, girl, boy, king, queen, prince, princess, knight, wizard, witch, giant, fairy, elf, dwarf, troll, goblin,
mermaid, pirate, robot, ghost, monster, farmer, baker, sailor, painter, teacher, doctor, clown, snowman, gardener, miller,
shepherd, tailor, cook, fisherman, astronaut, inventor, postman, drummer, scarecrow
`);

/** Things a story can be about: names of one that can be held, found or moved. */
export const OBJECTS = list(`
kite, ball, drum, lamp, lantern, boat, hat, cap, scarf, coat, glove, boot, shoe, sock, button, ribbon, bell, whistle, flute,
trumpet, violin, guitar, piano, harp, horn, book, map, letter, pencil, pen, brush, crayon, painting, mirror, clock, watch, key,
lock, box, chest, basket, bag, bucket, cup, mug, plate, bowl, spoon, fork, pot, pan, kettle, teapot, jar, bottle, candle,
match, torch, rope, net, ladder, hammer, saw, nail, shovel, rake, broom, wheel, cart, wagon, sled, bicycle, scooter, train,
car, truck, bus, plane, balloon, rocket, ship, raft, canoe, anchor, sail, flag, tent, pillow, blanket, chair, table, bench,
bed, swing, hammock, umbrella, feather, shell, stone, pebble, pearl, diamond, ruby, ring, necklace, bracelet, crown, coin,
treasure, sword, shield, helmet, wand, star, apple, pear, plum, peach, cherry, lemon, orange, banana, strawberry, pumpkin,
carrot, potato, turnip, cabbage, onion, mushroom, nut, acorn, seed, leaf, flower, rose, tulip, daisy, sunflower, cake, pie,
cookie, biscuit, pancake, sandwich, loaf, bun, cheese, egg, candy, lollipop, doll, puppet, puzzle, toy, top, marble, dice, card,
mask, costume, telescope, compass, camera, radio, telephone, robot, magnet, spring, bridge, fence, gate, door, window, tower,
tree, branch, log, stick, bone, fossil, nest, feather duster, paper boat, snow globe, fire truck, music box, paper plane,
magic wand, rocking horse, sand castle, hot air balloon, rubber duck, teddy bear, wooden spoon, treasure map, jump rope,
fishing rod, birthday cake, walnut, pinecone, snowball, sundial, wheelbarrow, windmill, weather vane, spinning wheel, thimble,
needle, spool, quilt, mitten, slipper, bow tie, belt, purse, suitcase, backpack, lunchbox, thermos, saucer, napkin, postcard,
stamp, calendar, notebook, globe, ruler, abacus, chalk, kazoo, tambourine, banjo, cello, accordion, skateboard, trampoline,
hula hoop, seesaw, yo-yo, dart, trophy, medal, badge, banner, doorbell, doormat, cushion, curtain, carpet, vase, statue,
fountain, birdhouse, beehive, bonfire, campfire, snowflake, icicle, rainbow, cloud, moonstone, crystal, locket, brooch
`);

/** First names, with the pronoun that goes with them. */
export const HE_NAMES = list(`
Pip, Tom, Ben, Max, Leo, Finn, Oscar, Hugo, Otto, Sam, Jack, Theo, Felix, Milo, Toby, Ned, Rufus, Barnaby, Jasper, Basil, Ollie,
Gus, Arlo, Bruno, Casper, Dexter, Elmer, Floyd, Giles, Henry, Igor, Jonas, Kip, Linus, Monty, Nico, Percy, Quentin, Rory, Silas,
Tim, Ulric, Victor, Wilbur, Xander, Yuri, Ziggy, Albert, Boris, Cedric, Dmitri, Edgar, Fergus, Gilbert, Horace, Ivan, Jerome,
Klaus, Lars, Magnus, Norbert, Olaf, Pablo, Ravi, Stefan, Tarek, Umberto, Vito, Walter, Amir, Kofi, Hiro, Juan, Mateo, Luca
`);
export const SHE_NAMES = list(`
Mia, Lily, Rosie, Daisy, Ella, Nora, Ruby, Poppy, Hazel, Ivy, Luna, Clara, Alice, Bella, Coco, Dora, Edith, Flora, Greta, Heidi,
Ines, Julia, Katie, Lottie, Maple, Nell, Olive, Penny, Queenie, Rita, Sally, Tilly, Una, Vera, Wanda, Xenia, Yara, Zoe, Agnes,
Betsy, Cleo, Dina, Elsa, Fiona, Gwen, Holly, Iris, Juno, Kiki, Lola, Mabel, Nina, Opal, Petra, Rosa, Sophie, Thea, Ursula,
Violet, Willa, Amara, Bianca, Celia, Delia, Esme, Freya, Gita, Hana, Indira, Jana, Keiko, Leila, Mina, Noor, Priya, Sana
`);

export const ADJECTIVES_OF_CHARACTERS = list(`
little, small, big, brave, shy, clever, kind, young, old, sleepy, curious, lazy, hungry, lonely, happy, grumpy, tiny, quiet,
funny, friendly, proud, wise, white, brown, gray, silly, gentle, cheerful, lost, tired
`);
export const ADJECTIVES_OF_OBJECTS = list(`
red, blue, green, yellow, golden, silver, purple, pink, black, white, orange, old, new, tiny, big, shiny, wooden, magic, broken,
lost, strange, round, striped, warm, heavy, dusty, secret, beautiful, wonderful, rusty, enormous, borrowed
`);

export const PLACES = list(`
by the river, near the old mill, at the edge of the forest, by the sea, on a green hill, near the pond, in a quiet valley,
under a tall oak tree, at the end of the lane, in a small village, beside the lake, on a windy island, in a sunny garden,
near the old bridge, in the deep woods
`);

const ONSETS = list(
  "b, bl, br, c, cl, cr, d, dr, f, fl, fr, g, gl, gr, h, j, k, kl, l, m, n, p, pl, pr, qu, r, s, sc, sh, sk, sl, sm, sn, sp, st, str, t, th, tr, tw, v, w, wh, y, z, ch",
);
const VOWELS = list("a, e, i, o, u, a, e, i, o, u, ai, ea, ee, oo, ou, oa, y, ie, au");
const CODAS = list(
  "b, ck, d, f, ff, g, k, l, ll, m, n, nd, ng, nk, nt, p, r, rd, rk, rm, rn, rt, s, sk, ss, st, t, x, zz, , , , , ",
);
const TAILS = list(
  ", , , , er, le, y, et, in, on, o, a, ow, ish, ine, ard, ock, ette, oon, ant, el, ible, ie, ing, um, us",
);

/** FNV-1a of a text, as a fraction. */
export function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** A word that no training text has; the same ones whenever the corpus is made. */
export const heldOut = (word: string): boolean => fraction(`word ${word}`) < 0.1;

/** A pair of known words that no training story brings together. */
export const heldOutPair = (character: string, object: string): boolean =>
  fraction(`pair ${character} ${object}`) < 0.05;

/** A word that sounds like one and is none: what is copied from the prompt has to be copied by its letters. */
export function inventedWord(random: Random): string {
  if (random() < 0.6) return splicedWord(random);
  const syllable = () => pick(random, ONSETS) + pick(random, VOWELS) + pick(random, CODAS);
  const word = syllable() + (random() < 0.45 ? syllable() : "") + pick(random, TAILS);
  return word.length < 3 ? word + pick(random, ONSETS) + pick(random, VOWELS) : word;
}

const KNOWN = [...CHARACTERS, ...OBJECTS].filter((word) => /^[a-z]{4,}$/.test(word) && !heldOut(word));

/** The beginning of one known word and the end of another: its tokens are those of real words. */
function splicedWord(random: Random): string {
  const [first, last] = [pick(random, KNOWN), pick(random, KNOWN)];
  const cut = (word: string) => 1 + Math.floor(random() * (word.length - 1));
  const word = first.slice(0, cut(first)) + last.slice(cut(last));
  return word.length < 3 || CHARACTERS.includes(word) || OBJECTS.includes(word) ? splicedWord(random) : word;
}
