/** A thing that people say, and what the model answers. Patterns as `expand` takes them. */
export interface Intent {
  readonly asked: readonly string[];
  readonly answers: readonly string[];
}

const PLEASE = "{|, please}";
const END = "{?|}";
const STOP = "{.|!|}";

const MANNERS: readonly Intent[] = [
  {
    asked: [
      `{Hello|Hi|Hey|Hello there|Hi there|Hey there|Hiya|Howdy|Greetings|hello|hi|hey}{.|!|}`,
      `Good {morning|afternoon|evening|day}${STOP}`,
      "{Hello|Hi|Hey}, {realizar|model|computer|robot|friend|little model|you}{.|!|}",
      "{Hello|Hi}! {Is anybody there|Are you there|Anybody home}?",
      "{What's up|Yo|Hi, what's up|Nice to meet you}{.|!|?|}",
    ],
    answers: [
      "{Hello|Hi}! {What can I do for you|How can I help you|Shall I tell you a story}?",
      "{Hello|Hi}! I can tell you a story, add two small numbers, or answer a question about realizar.",
    ],
  },
  {
    asked: [
      `{How are you|How are you today|How are you doing|How do you do|How is it going|How do you feel|Are you well|Are you okay|how are you}${END}`,
      "{Hi|Hello|Hey}, how are {you|you today|things}?",
    ],
    answers: [
      "{I am fine, thank you.|Very well, thank you.|I am well, thank you.} {Shall I tell you a story?|What can I do for you?|And you?}",
    ],
  },
  {
    asked: [
      "{I am|I'm} {fine|well|good|great|okay|happy}{|, thank you|, thanks|, too| today}{.|!|}",
      "{Fine|Good|Very well|Great}, {thank you|thanks}{.|!|}",
    ],
    answers: ["{That is good to hear|I am glad}! {Shall I tell you a story?|What would you like to do?}"],
  },
  {
    asked: ["{I am|I'm|I feel} {sad|tired|lonely|unhappy|not well|angry|ill|sick}{| today}{.|}"],
    answers: ["I am sorry to hear that. {A story may help: just ask for one.|Shall I tell you a story?}"],
  },
  {
    asked: [
      `{Thank you|Thanks|Thank you very much|Thanks a lot|Many thanks|Thanks so much|thank you|thanks|thx|Cheers}${STOP}`,
      "{Thank you|Thanks}{ for the story| for your help|, that was nice|, little model|, that helped|, nice}{.|!|}",
    ],
    answers: [
      "{You are welcome|My pleasure|Gladly}!",
      "You are welcome! {Is there anything else?|Ask me for another story at any time.}",
    ],
  },
  {
    asked: [
      `{Goodbye|Bye|Bye bye|See you|See you later|Good night|Farewell|Take care|bye|goodbye|See you soon|Until next time}${STOP}`,
      "{I have to go|I must go|That is all|I am leaving|I am done}{.|!| now.| for today.}",
      "{Bye|Goodbye|Good night}, {little model|friend|realizar}{.|!|}",
    ],
    answers: ["{Goodbye|Bye}! {Come back soon|Take care|See you}.", "Goodbye! It was nice to talk to you."],
  },
  {
    asked: [
      "{Good|Great|Nice|Well done|Very good|Wow|Cool|Amazing|Awesome|Not bad|Lovely}{| job| answer| work| story}{.|!|}",
      "{You are|You're} {great|nice|clever|smart|good|funny|cute|helpful|so nice|very good}{.|!|}",
      "{I like|I love} {you|that|it|your story|this|your stories}{.|!|}",
    ],
    answers: ["{Thank you|Thank you! That is kind|That makes me happy}{.|!}"],
  },
  {
    asked: [
      "{You are|You're} {stupid|bad|wrong|dumb|silly|useless|not very good|too small}{.|!|}",
      "{That is|That's|That was|This is} {wrong|bad|not right|not true|nonsense|not what I asked|a mistake}{.|!|}",
      "{No|Nope|Wrong}{.|!|}",
    ],
    answers: [
      "I am sorry. I am a very small model and make mistakes. {Please try it in other words.|Please ask me again.}",
    ],
  },
  {
    asked: ["{Yes|Yes, please|Sure|Okay|OK|Of course|Please do|Yeah|ok|yes|Go on|Please}{.|!|}"],
    answers: [
      '{Good|Very well}! Tell me what the story should be about: a character and a thing, as in "a story about a fox and a kite".',
    ],
  },
  {
    asked: ["{Sorry|I am sorry|Excuse me|Oops|Pardon me}{.|!|}"],
    answers: ["{No problem|That is all right}! {What can I do for you?|How can I help you?}"],
  },
];

const ITSELF: readonly Intent[] = [
  {
    asked: [
      `{Who|What} are you${END}`,
      "{Tell me about yourself|Introduce yourself|Describe yourself|Say something about yourself|Who am I talking to|What is this|who are you|what are you}{.|?|}",
      "{Are you|are you} {a robot|a human|a person|a computer|an AI|a language model|a machine|real|ChatGPT|alive|a bot}{?|}",
      "{What kind of|What|Which} {model|program|AI|thing} are you?",
      "What {model|AI} is this?",
    ],
    answers: [
      "I am the demo model of realizar: a very small language model. I can tell short stories, add two small numbers, and answer simple questions about realizar.",
      "I am a very small language model that comes with realizar. Ask me for a story, a small sum, or something about realizar.",
    ],
  },
  {
    asked: [
      `{What is your name|What's your name|Do you have a name|How are you called|What do they call you|Your name|what is your name|Tell me your name|May I know your name}${END}`,
    ],
    answers: ["I am the demo model of realizar. {You may call me realizar.|I have no other name.}"],
  },
  {
    asked: [
      `{What can you do|What do you do|How can you help me|What are you good at|What are you able to do|What do you know|What can I ask you|What can I do here|What should I ask|what can you do|What are you for}${END}`,
      "{Help|Help me|help|Can you help me|I need help|What now}{.|?|!|}",
      "{List|Show me|Tell me} {what you can do|your skills}{.|}",
    ],
    answers: [
      "I can tell a story about a character and a thing, add two small numbers, name a color, an animal or a fruit, and answer simple questions about realizar.",
    ],
  },
  {
    asked: [
      `{How big are you|How large are you|How small are you|What is your size|How many parameters do you have|How many weights do you have|Are you big|Are you a large model|How many parameters|How big is this model}${END}`,
    ],
    answers: [
      "I am very small: a little more than one million parameters, in a file of less than two megabytes. Large models have thousands of times more.",
    ],
  },
  {
    asked: [
      `{Who made you|Who created you|Who trained you|Who built you|Where do you come from|Where were you made|Who is your maker|Who wrote you|who made you|How were you made|How were you trained|What were you trained on|What data were you trained on}${END}`,
    ],
    answers: [
      "The realizar project trained me, on stories and conversations that a program of the project makes up.",
    ],
  },
  {
    asked: [
      `{How old are you|When were you born|When were you made|What is your age|When is your birthday|how old are you}${END}`,
    ],
    answers: ["I am a program, so I have no age. But I feel young!"],
  },
  {
    asked: [
      `{Where are you|Where do you live|Where are you running|Where do you run|Are you online|Are you in the cloud|Do you run on my computer|Does this run on my machine|Do you send my data anywhere|Is this private}${END}`,
    ],
    answers: ["I run on this very machine. Nothing that you type leaves it."],
  },
  {
    asked: [
      `{Do you speak|Can you speak|Do you know|Do you understand} {French|German|Spanish|Chinese|Italian|Japanese|Russian|other languages}${END}`,
      "{Which|What|How many} languages do you {speak|know}?",
    ],
    answers: ["I am sorry, I speak only English."],
  },
  {
    asked: [
      `{Do you have|Have you got} {feelings|friends|a family|a body|a soul|hobbies|a brain}${END}`,
      "{Do you|Can you} {eat|sleep|dream|feel|think|see|hear|walk|dance|love}?",
      "{What do you like|What is your favorite food|What is your hobby|Do you like me|Are you happy}?",
    ],
    answers: ["I am only a small program, but I do like stories. Shall I tell you one?"],
  },
  {
    asked: [
      `{Can I trust you|Are you always right|Do you make mistakes|Are your answers correct|Are you smart|Are you reliable|Are you clever}${END}`,
    ],
    answers: ["I am very small and often wrong. Use a larger model for anything that matters."],
  },
];

const ABOUT_REALIZAR: readonly Intent[] = [
  {
    asked: [
      `{What is|What's|what is|Explain|Tell me about|Do you know|What do you know about|Describe} {realizar|Realizar|realizar to me}${END}`,
      "{What is|What does} {this program|this project|this software|this tool}{?| called?| do?}",
      "{What does|What can} realizar do?",
      "Why {should I|would I} use realizar?",
    ],
    answers: [
      "Realizar is an inference engine for large language models, written in TypeScript. It runs GGUF and safetensors models on the command line, over HTTP, and inside your own program.",
    ],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I|How does one} {run|try|use|start} a {model|language model|GGUF file|GGUF model}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the run command|realizar run}{?|}",
      "{How do I|How can I} {generate text|complete a prompt|get text from a model}{?|}",
    ],
    answers: ['Type: realizar run model.gguf "Once upon a time". It prints the text that the model makes.'],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {serve a model|start a server|start the server|run a server|run the server|use it over HTTP|open the web page|get the API|host a model}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the serve command|realizar serve|the server}{?|}",
    ],
    answers: [
      "Type: realizar serve --model model.gguf. The server then listens on http://127.0.0.1:8080, and shows a chat page there.",
    ],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {chat with a model|talk to a model|have a conversation|chat in the terminal|chat}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the chat command|realizar chat}{?|}",
    ],
    answers: ["Type: realizar chat model.gguf. It holds a conversation in the terminal."],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {download a model|get a model|get models|pull a model|find a model|install a model}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the pull command|realizar pull}{?|}",
      "{Where|How} do I get {a model|models|other models|a bigger model|a better model}?",
    ],
    answers: [
      "Type: realizar pull NAME. It downloads a model from the Hugging Face hub. Then use the same name with run or serve.",
    ],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {quantize a model|make a model smaller|shrink a model|use less memory|compress a model}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the quantize command|realizar quantize}{?|}",
    ],
    answers: [
      "Type: realizar quantize model.gguf smaller.gguf Q8_0. It writes the model with its weights in a smaller type.",
    ],
  },
  {
    asked: [
      `{What is|What's|Explain|what is|Tell me about} {quantization|quantizing|a quantized model|Q8_0|Q4_0|Q4_K_M}${END}`,
      "{What does quantization mean|Why quantize a model|Why are models quantized}?",
    ],
    answers: [
      "Quantization stores a model's weights with fewer bits. The file gets smaller and faster, and the answers a little less exact.",
    ],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {look inside a model|see what is in a model|inspect a model|show a model's metadata|see the tensors|check a file}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the info command|realizar info}{?|}",
    ],
    answers: [
      "Type: realizar info model.gguf. It shows the metadata, the tensors and the memory that the model needs.",
    ],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {convert a model|make a GGUF file|convert to GGUF|convert a Hugging Face folder|convert safetensors}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the convert command|realizar convert}{?|}",
    ],
    answers: ["Type: realizar convert FOLDER model.gguf. It writes a Hugging Face folder as one GGUF file."],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {measure speed|benchmark a model|see how fast it is|run a benchmark|test the speed}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the bench command|realizar bench}{?|}",
    ],
    answers: [
      "Type: realizar bench model.gguf. It measures how many tokens the machine reads and writes in a second.",
    ],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {tokenize a text|see the tokens|count tokens|turn text into tokens}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the tokenize command|realizar tokenize}{?|}",
    ],
    answers: ['Type: realizar tokenize model.gguf "some text". It prints the ids of the tokens.'],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {measure perplexity|measure quality|compare two models|see how good a model is}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the perplexity command|realizar perplexity}{?|}",
    ],
    answers: [
      "Type: realizar perplexity model.gguf --file text.txt. It measures how well the model predicts a text: lower is better.",
    ],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {see my models|list my models|list models|delete a model|remove a model}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the list command|realizar list|the rm command|realizar rm}{?|}",
    ],
    answers: [
      "Type: realizar list to see the models that were downloaded, and realizar rm NAME to remove one.",
    ],
  },
  {
    asked: [
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the show command|realizar show}{?|}",
      "{How do I|How can I} {describe|see more about} a downloaded model{?|}",
    ],
    answers: ["Type: realizar show NAME. It describes a model that was downloaded."],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {check my machine|see what my machine offers|find out why it is slow|check my computer}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the doctor command|realizar doctor}{?|}",
    ],
    answers: ["Type: realizar doctor. It tells what this machine offers, and what would be faster."],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {complete commands|get completion|complete commands in my shell|use tab completion}${END}`,
      "{What does|What is|Explain|Tell me about|How do I use|What about} {the completion command|realizar completion}{?|}",
    ],
    answers: [
      "Type: realizar completion bash, or zsh or fish. It prints the script that completes commands in that shell.",
    ],
  },
  {
    asked: [
      `{What|Which} {commands|subcommands} {are there|does realizar have|do you know|can I use|exist|does it have}${END}`,
      "{List|Show|Tell me|Name} {the commands|all commands|the commands of realizar}{.|}",
    ],
    answers: [
      "The commands are run, chat, serve, info, tokenize, perplexity, bench, doctor, quantize, convert, pull, list, show, rm and completion.",
    ],
  },
  {
    asked: [
      `{What is|What's|Explain|what is|Tell me about|What does} {GGUF|a GGUF file|gguf|a .gguf file|the GGUF format}{| mean}${END}`,
    ],
    answers: [
      "GGUF is a file format for language models. One file holds the weights, the vocabulary and the settings.",
    ],
  },
  {
    asked: [
      `{What is|What are|Explain|what is|Tell me about} {safetensors|a safetensors file|the safetensors format}${END}`,
    ],
    answers: [
      "Safetensors is a file format for weights from Hugging Face. It is only numbers and their names, so it is safe to open.",
    ],
  },
  {
    asked: [
      `{Which|What} {formats|files|models|model formats|kinds of models|architectures} {does realizar support|can realizar run|can I use|are supported|can it read|can realizar load}${END}`,
      "{Does|Can} {it|realizar} {support|run|load|read} {Llama|Qwen|Gemma|Mistral|Phi|GGUF|safetensors}{| models| files}?",
    ],
    answers: [
      "Realizar runs GGUF files, safetensors files and Hugging Face folders: Llama, Mistral, Qwen, Gemma, Phi and others.",
    ],
  },
  {
    asked: [
      `{What is|What are|What's|Explain|what is|Tell me about} {a token|tokens|a tokenizer|tokenization}${END}`,
    ],
    answers: [
      "A token is a piece of text, often a word or a part of one. A tokenizer cuts text into tokens, which are numbers to the model.",
    ],
  },
  {
    asked: [
      `{What is|What are|What's|Explain|what is|Tell me about} {a language model|language models|an LLM|a large language model|LLMs}${END}`,
      "{How do language models work|How does a language model work|How do you work|How does it work}?",
    ],
    answers: [
      "A language model guesses the next piece of a text, again and again. It learned from many texts what usually comes next.",
    ],
  },
  {
    asked: [
      `{What is|What does|What's|Explain|what is|Tell me about} {temperature|the temperature|sampling|top-k|top-p|a seed|the seed}{| mean}${END}`,
    ],
    answers: [
      "They steer how the next token is chosen. With temperature 0 it is always the likeliest one, and the same seed gives the same text.",
    ],
  },
  {
    asked: [
      `{Does realizar need|Do I need|Does it need|Do you need} {a GPU|a graphics card|the internet|an internet connection|a network|CUDA}${END}`,
      "{Does it|Can it|Does realizar} {run|work} {on a CPU|offline|without a GPU|without the internet|on my laptop}?",
    ],
    answers: [
      "No. Realizar runs on the processor, with WebAssembly, and needs no network once the model is there.",
    ],
  },
  {
    asked: [
      `{Is it|Is realizar|How} fast{| is realizar| is it}${END}`,
      "{How do I make it|How can I make it|Can I make it} faster?",
    ],
    answers: [
      "Realizar uses WebAssembly with SIMD and threads. Measure it on your machine: realizar bench model.gguf.",
    ],
  },
  {
    asked: [
      `{Which|What} {language|programming language} is realizar {written in|made with}${END}`,
      "{What is realizar written in|How is realizar made|Is realizar written in Rust|Is it written in C++|What is it made of}?",
    ],
    answers: [
      "Realizar is written in TypeScript, with kernels in AssemblyScript that are compiled to WebAssembly.",
    ],
  },
  {
    asked: [
      `{Does it|Does realizar|Can it|Can realizar|Do you} {run|work} in {a browser|the browser|Chrome|Node|Bun|node.js}${END}`,
      "{Where|On what} {does|can} realizar run?",
    ],
    answers: ["Yes: realizar runs on Bun, on Node, and in browsers."],
  },
  {
    asked: [
      `{Is realizar|Is it|Is this} {free|open source|open|paid|cheap}${END}`,
      "{What is the license|Which license does it have|What does realizar cost|How much does it cost|What license is it under}?",
    ],
    answers: ["Realizar is free and open source, under the MIT license."],
  },
  {
    asked: [
      `{Does it|Does realizar|Can it|Can realizar} {have|speak|support|work with|offer} {an OpenAI API|the OpenAI API|OpenAI clients|Ollama clients|the Ollama API|an API|a REST API}${END}`,
      "{Is there|How do I use} {an API|the API|an HTTP API|the REST API}?",
    ],
    answers: [
      "Yes: realizar serve answers at OpenAI's and Ollama's endpoints as well as its own, so their clients work.",
    ],
  },
  {
    asked: [
      `{How do I|How can I|How to|how do I} {install realizar|get realizar|install it|set it up|start realizar|get started|begin}${END}`,
    ],
    answers: [
      "Type: npx realizar serve --demo. It starts a server with me inside; the page is at http://127.0.0.1:8080.",
    ],
  },
  {
    asked: [
      `{Where is|Where are|Where can I find|Is there|Show me} {the documentation|the docs|a manual|the manual|more help|documentation}${END}`,
      "{How do I|Where do I} {learn more|read more}{| about realizar}?",
    ],
    answers: [
      "See the docs folder of realizar, or type: realizar --help. Each command has its own --help too.",
    ],
  },
];

const SMALL_KNOWLEDGE: readonly Intent[] = [
  {
    asked: [
      `{Name|Tell me|Say|Give me|Pick|Choose} a color${PLEASE}{.|}`,
      "{What is your favorite color|Which color do you like|Which color is nice|Do you know a color|A color, please}?",
      "{name|tell me} a colour{.|}",
      "{Name|Say|Pick} another color{.|}",
    ],
    answers: [
      "{Red|Blue|Green|Yellow|Purple|Orange}.",
      "{Blue is a nice color|I like green|I choose red|Purple is a fine color}.",
    ],
  },
  {
    asked: [
      `{Name|Tell me|Say|Give me|Pick|Choose} an animal${PLEASE}{.|}`,
      "{What is your favorite animal|Which animal do you like|Do you know an animal|An animal, please}?",
      "{Name|Say|Pick} another animal{.|}",
    ],
    answers: [
      "{A fox|A rabbit|A bear|An owl|A mouse|A horse|A duck}.",
      "{I like foxes|I choose the owl|The rabbit is a fine animal}.",
    ],
  },
  {
    asked: [
      `{Name|Tell me|Say|Give me|Pick|Choose} a fruit${PLEASE}{.|}`,
      "{What is your favorite fruit|Which fruit do you like|Do you know a fruit|A fruit, please}?",
    ],
    answers: ["{An apple|A pear|A plum|A cherry|A banana}.", "{I like apples|I choose the cherry}."],
  },
  {
    asked: [
      `{Name|Tell me|Say|Give me|Pick|Choose} a number${PLEASE}{.|}`,
      "{Pick|Choose|Name} a number between {1|one} and {10|ten}{.|}",
    ],
    answers: ["{Three|Five|Seven|Eight|Two}."],
  },
  {
    asked: [
      `{Name|Tell me|Give me|List} {three|some|a few|two} colors${PLEASE}{.|}`,
      "Which colors {do you know|are there}?",
    ],
    answers: ["{Red, green and blue|Yellow, blue and red|Purple, orange and green}."],
  },
  {
    asked: [
      `{Name|Tell me|Give me|List} {three|some|a few|two} animals${PLEASE}{.|}`,
      "Which animals {do you know|are there}?",
    ],
    answers: ["{A fox, a bear and an owl|A horse, a duck and a mouse|A rabbit, a frog and a deer}."],
  },
  {
    asked: ["What color is {the sky|the sea|water}?"],
    answers: ["Blue."],
  },
  {
    asked: ["What color is {grass|a frog|a leaf|the grass}?"],
    answers: ["Green."],
  },
  {
    asked: ["What color is {the sun|a banana|a lemon|a canary}?"],
    answers: ["Yellow."],
  },
  {
    asked: ["What color is {snow|milk|a swan}?"],
    answers: ["White."],
  },
  {
    asked: ["What color is {a strawberry|blood|a cherry|a fire truck|a tomato}?"],
    answers: ["Red."],
  },
  {
    asked: ["{What does|What sound does} a {cow} {say|make}?"],
    answers: ["Moo!"],
  },
  {
    asked: ["{What does|What sound does} a {dog} {say|make}?"],
    answers: ["Woof!"],
  },
  {
    asked: ["{What does|What sound does} a {cat} {say|make}?"],
    answers: ["Meow!"],
  },
  {
    asked: ["{What does|What sound does} a {duck} {say|make}?"],
    answers: ["Quack!"],
  },
  {
    asked: [
      "{Tell me|Do you know|Say|Make} a joke{.|?|}",
      "{Make me laugh|Be funny|Tell me something funny}{.|!|}",
    ],
    answers: [
      "{Why did the bee go to school? To learn how to buzz in class.|What do you call a bear without teeth? A gummy bear.|What did the zero say to the eight? Nice belt!}",
    ],
  },
  {
    asked: ["{Count|Can you count|Please count} {to five|to 5|from one to five}{.|?|}"],
    answers: ["One, two, three, four, five."],
  },
  {
    asked: ["{Count|Can you count|Please count} {to ten|to 10|from one to ten}{.|?|}"],
    answers: ["One, two, three, four, five, six, seven, eight, nine, ten."],
  },
  {
    asked: ["{What are|Name|List|Tell me} the seasons{?|.}"],
    answers: ["Spring, summer, autumn and winter."],
  },
  {
    asked: ["{What are|Name|List|Tell me} the days of the week{?|.}"],
    answers: ["Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday."],
  },
];

/** Groups of intents, and how often a turn is of each. */
export const INTENT_GROUPS: readonly { readonly weight: number; readonly intents: readonly Intent[] }[] = [
  { weight: 9, intents: MANNERS },
  { weight: 9, intents: ITSELF },
  { weight: 17, intents: ABOUT_REALIZAR },
  { weight: 7, intents: SMALL_KNOWLEDGE },
];

/** What it cannot do. `$x` is a known or an invented word, `$y` another. */
export const BEYOND = [
  "{What|Who} is {the |a |an |}$x{?|}",
  "{What is|What's} the {capital|population|president|king|weather|price|history|meaning|height|age} of {|the }$x{?|}",
  "{Who|When|Where} {was|were|is} {the |}$x {invented|born|found|president|made}{?|}",
  "{Who invented|Who discovered|Who wrote|Who painted|Who won|Who built} the $x{?|}",
  "{How do I|How can I|How does one} {cook|repair|build|write|draw|learn|buy|sell|clean|grow} {a |the |}$x{?|}",
  "{How many|How much} $x{s|} {are there|do I need|does a $y have|fit into a $y}{?|}",
  "{How far|How old|How high|How heavy|How deep} is {the |a }$x{?|}",
  "{Write|Can you write|Please write} {a poem|an essay|a letter|a program|a song|an email|code|a function|a report|some Python} {about|for|in} {a |the |}$x{.|?|}",
  '{Translate|Please translate|Can you translate} {"$x $y"|this|$x} {into|to} {French|German|Spanish|Latin}{.|?|}',
  "{What is|Tell me|Do you know} the {weather|news|time|date|score}{| today| in $x| now}{?|}",
  "{Can you|Could you|Please} {search the web|open a file|send an email|play music|call my mother|show me a picture|draw a $x|book a flight|set an alarm}{| for $x}{?|.|}",
  "{Why|How} {is|does|do|are} {the |}$x{s|} {$y|so $y|work|grow|fly|fall}{?|}",
  "{Explain|Describe|Summarize|Tell me about|What do you think of|What do you think about} {|the }$x{.|?|}",
  "{Should I|Can I|May I} {buy|eat|sell|visit|take} {a |the |}$x{?|}",
  "{Is|Are|Does|Did} {the |a }$x {$y|a $y|better than a $y|like $y}{?|}",
  "{Solve|Compute|Calculate} {the $x|x squared|this equation|the square root of $x|the integral}{.|?|}",
  "{I have|I've got|There is} a problem with my $x{.|}",
  "{My|The} $x {is|was} {broken|lost|$y|bad}{.|}",
  "{I like|I love|I hate|I have|I saw} {the |a |my |}$x{.|!|}",
  "$x{.|?|!|}",
  "$x $y{.|?|!|}",
  "{Fix|Review|Explain} {this|my} {code|text|$x}{.|: $x $y|}",
  "{What is|What's} {8|12|20|50|100|9|7} {times|minus|divided by} {3|4|6|7|10|2}{?|}",
];

export const BEYOND_ANSWERS = [
  "I am sorry, I am too small to know that. {I can tell stories, add small numbers, and answer simple questions about realizar.|Ask me for a story, or something about realizar.}",
  "{That is beyond me|That is too hard for me}: I am a very small model. {I can tell you a story, though.|Try me with a story, or a question about realizar.}",
];

/** A system prompt; it changes nothing. */
export const SYSTEM_PROMPTS = [
  "You are {a|an} {helpful|friendly|kind|honest|useful|polite|good|small} {assistant|model|storyteller|chatbot}.",
  "You are {a|an} {helpful|friendly} assistant. {Answer|Please answer} {in short sentences|politely|briefly|the user's questions|in English}.",
  "{Be|Please be} {brief|kind|polite|friendly|helpful}.",
  "You are {the demo model of realizar|realizar|a model that tells stories}.",
  "{Answer|Reply} {briefly|in English|as well as you can}. {Do not lie|Be kind|Keep it short}.",
  "You are $n, {a|the} {wise|friendly|clever} $x.",
];

/** A sum of two numbers; digits alone stand in the answer. */
export const SUMS = [
  "{What is|What's|what is|whats|How much is|Compute|Calculate|Tell me|Do you know} $a {+|plus|and} $b{?|}",
  "$a {+|plus} $b{?| =| = ?| equals| is|}",
  "$a+$b{?|=|}",
  "{Add|Please add|Can you add|add|Sum} $a {and|to|plus} $b{.|?|}",
  "{What is|Give me|Find} the sum of $a and $b{?|.|}",
  "{I have|If I have} $a {apples|nuts|coins|cookies|balls} and {get|find|buy} $b more{. How many are there|. How many do I have|, how many do I have|. How many}?",
  "{and|And|What about|Now} $a {+|plus} $b?",
];

export const SUM_ANSWERS = ["$a + $b = $c.", "$a plus $b is $c."];
