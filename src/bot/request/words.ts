export type Intent = 'refund' | 'where' | 'price' | 'balance' | 'help' | 'stop' | 'greeting' | 'thanks' | 'abuse'
export function intentOf(text: string): Intent | undefined {
  return /^верните деньги$/i.test(text) ? 'refund' : /^спасибо$/i.test(text) ? 'thanks' : undefined
}
export type Output = 'image' | 'video' | 'speech' | 'sound'
export function outputOf(text: string): Output {
  return /^видео/i.test(text) ? 'video' : 'image'
}
export type ResultWord = 'repeat' | 'enlarge' | 'animate'
export function resultWordOf(text: string): ResultWord | undefined {
  return /^(ещё|повтори)$/i.test(text)
    ? 'repeat'
    : /^крупнее$/i.test(text)
      ? 'enlarge'
      : /^оживи$/i.test(text)
        ? 'animate'
        : undefined
}
export type PhotoWish = 'edit' | 'animate' | 'enlarge' | 'cutout'
export function photoWishOf(text: string): PhotoWish {
  return /^оживи/i.test(text) ? 'animate' : 'edit'
}
