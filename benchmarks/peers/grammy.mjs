// grammY with its runner: `node grammy.mjs pg` reads every chat from PostgreSQL, `node grammy.mjs map` from a Map.
import { run } from "@grammyjs/runner";
import { Bot, InlineKeyboard } from "grammy";
import pg from "pg";

const inMemory = process.argv[2] === "map";
const bot = new Bot(process.env.BOT_TOKEN, { client: { apiRoot: process.env.BOT_API_URL } });
const [place, folder] = process.env.DATABASE_URL.split("?host=");
const database = place.split("/").pop();
const pool = new pg.Pool({ user: "postgres", host: folder, database, max: 10 });
const remembered = new Map();
const SELECT = "SELECT config FROM peer_configs WHERE chat_id = $1";
const UPSERT = "INSERT INTO peer_configs VALUES ($1, $2) ON CONFLICT (chat_id) DO UPDATE SET config = excluded.config";
const keyboard = new InlineKeyboard();
for (let n = 0; n < 5; n++) keyboard.text(`Section ${n}`, `section:${n}`).row();

bot.use(async (context, next) => {
  const chat = context.chat.id;
  if (!inMemory || !remembered.has(chat)) {
    const { rows } = await pool.query({ name: "read", text: SELECT, values: [chat] });
    if (inMemory) remembered.set(chat, rows[0]?.config ?? null);
  }
  await next();
});
bot.command("settings", async (context) => {
  if (context.match) {
    const config = { timezone: context.match };
    await pool.query({ name: "write", text: UPSERT, values: [context.chat.id, JSON.stringify(config)] });
    if (inMemory) remembered.set(context.chat.id, config);
  }
  await context.reply("Settings of this chat:", { reply_markup: keyboard });
});
run(bot);
