/** Updates as Telegram sends them, one of each kind, from a person; `data` is that of a press. */
export function updatesLike(n: number, data: string, userId = 7) {
  const from = { id: userId, is_bot: false, first_name: 'Анна', username: 'anna', language_code: 'ru' }
  const chat = { id: userId, type: 'private', first_name: 'Анна' }
  const base = { message_id: 10, from, chat, date: 1_790_000_000 }
  const file = { file_id: 'AgAD-file', file_unique_id: 'AQAD', file_size: 50_000 }
  const media = { ...file, duration: 5, mime_type: 'video/mp4', width: 640, height: 480, file_name: 'a.mp4' }
  const command = (text: string) => ({
    ...base,
    text,
    entities: [{ type: 'bot_command', offset: 0, length: text.split(' ')[0]!.length }],
  })
  const payment = {
    currency: 'XTR',
    total_amount: 84,
    invoice_payload: 'aaaaaaaaaaaa',
    telegram_payment_charge_id: `charge-${n}`,
    provider_payment_charge_id: '',
  }
  const press = {
    id: String(n),
    from,
    chat_instance: '1',
    data,
    message: { ...base, from: { ...from, is_bot: true }, text: 'x' },
  }
  const messages: object[] = [
    { ...base, text: 'рыжий кот' },
    ...[
      '/start',
      '/start g_aaaaaaaaaaaa',
      '/start m_z-image',
      '/start r_aaaaaaaaaaaa',
      '/promo CODE',
      '/find 7',
      '/topup',
    ].map(command),
    ...['/credit 7 100 за дело', '/admin', '/lang', '/history', '/balance', '/delete_me', '/paysupport'].map(command),
    {
      ...base,
      photo: [
        { ...file, width: 90, height: 67 },
        { ...file, width: 1280, height: 960 },
      ],
      caption: 'вот',
    },
    { ...base, photo: [{ ...file, width: 90, height: 67 }], media_group_id: '5' },
    { ...base, document: { ...media, mime_type: 'image/png' } },
    ...['video', 'animation', 'audio', 'voice', 'video_note', 'sticker'].map(kind => ({ ...base, [kind]: media })),
    { ...base, contact: { phone_number: '+7', first_name: 'x' } },
    { ...base, location: { latitude: 1, longitude: 2 } },
    { ...base, poll: { id: '1', question: 'x', options: [] } },
    { ...base, successful_payment: payment },
    { ...base, refunded_payment: payment },
    { ...base, chat: { id: -100, type: 'supergroup', title: 'x' }, text: '/start@bot' },
    { ...base, reply_to_message: { ...base, text: 'y' }, text: 'z', message_thread_id: 3, is_topic_message: true },
  ]
  return [
    ...messages.map(message => ({ update_id: n, message })),
    ...[1, 2, 3, 4, 5, 6].map(() => ({ update_id: n, callback_query: press })),
    { update_id: n, callback_query: { ...press, data: undefined, game_short_name: 'x' } },
    { update_id: n, callback_query: { ...press, message: undefined, inline_message_id: '1' } },
    { update_id: n, pre_checkout_query: { id: '1', from, ...payment } },
    {
      update_id: n,
      my_chat_member: {
        from,
        chat,
        date: 1,
        old_chat_member: { status: 'member', user: from },
        new_chat_member: { status: 'kicked', user: from },
      },
    },
    { update_id: n, edited_message: { ...base, edit_date: 2, text: 'x' } },
    { update_id: n, channel_post: { ...base, text: 'x' } },
    { update_id: n, inline_query: { id: '1', from, query: 'x', offset: '' } },
  ]
}

/** A message update from a person, for kinds that the player has no button for. */
export const message = (userId: number, content: object) => ({
  message: {
    message_id: 900_000,
    date: Math.floor(Date.now() / 1000),
    from: { id: userId, is_bot: false, first_name: 'Анна', language_code: 'ru' },
    chat: { id: userId, type: 'private', first_name: 'Анна' },
    ...content,
  },
})
