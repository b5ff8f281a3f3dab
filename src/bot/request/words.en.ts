import type { Lists } from './lexicon.ts'

/** What a word may be to a question that is meant for the bot. */
export type WordKind = keyof typeof wordsEn

export const wordsEn = {
  filler: `
    i im ive id my me you u ur your the a an it its is are was were am be been being this that these there here to
    do does did for of on in and but so or please pls plz plss bot just now can could would should will have has had
    ok okay with at from if want wanna need like let all one any some really very sir guys bro dude mate too still
    yet already again then also by out go about us we they tell today even only ever since after dear everything
    anything works first once twice two times time wtf omg lol well oh yes yeah why explain right_now anymore`,
  you: 'you u ur your youre bot you_are',
  this: 'this what_is_it',
  have: 'have',
  greeting: `
    hi hello hey hiya yo sup howdy heya helo hallo good_morning good_evening good_afternoon good_day good_night
    greetings how_are_you whats_up how_is_it_going hows_it_going morning_bot are_you_there you_there anybody_here
    anyone_here`,
  thanks: 'thanks thank thank_you thankyou thx thnx thanx tnx ty tysm tyvm cheers_mate',
  bravo: 'awesome perfect amazing great cool wow excellent fantastic',
  praise: `
    nice good beautiful lovely love loved works worked lot lots much many helped job work wonderful turned looks
    look`,
  abuse: `
    idiot idiots idiotic moron morons stupid dumbass asshole bitch bastard fuck fucking fucked fck fu shit shitty
    bullshit bs suck sucks useless worthless retard retarded pathetic scam scammer scammers piece_of_shit go_to_hell
    shut_up`,
  weak: 'trash garbage crap lame dumb loser clown pig rubbish awful terrible worst ugly bad horrible',
  go: 'hell yourself off',
  stop: `
    stop cancel abort quit never_mind nevermind nvm forget_it i_dont_want dont_want_it changed_my_mind no_more
    unsubscribe enough_already thats_enough`,
  order: 'order orders request generation generating task job message messages texting spam',
  help: `
    help halp support instructions manual faq commands tutorial confused im_lost i_am_lost start question questions
    im_stuck`,
  how: 'how',
  use: 'use using work works working start begin operate get_started press click tap',
  understand: 'understand get clue idea figure know',
  what: 'what whats who what_is_it',
  can: 'can do does features functions',
  where: 'where wheres wheres_my where_is',
  came: `
    came come comes coming arrived arrive received receive receiving got get getting delivered deliver sent send
    happened happens happening happen show showed see appeared finished finish taking generated generate sending
    take takes`,
  gone: 'gone disappeared vanished',
  ready: 'done_yet is_it_ready it_ready it_done is_it_done you_finished you_done',
  when: 'when',
  still: 'still yet already',
  wait: 'wait waiting waited waitin',
  howlong: 'how_long so_long too_long taking_forever how_much_longer taking_ages this_long',
  time: 'minutes minute hour hours half mins min sec seconds day days time yesterday longer long forever ages',
  neg: 'no not none nothing never didnt dont doesnt hasnt havent isnt wasnt wont cant nothin nowhere empty',
  result: `
    picture pictures pic pics photo photos image images video videos vid result results file files order orders
    generation song music audio voiceover answer response output stuff anything`,
  product: `
    logo logos avatar card portrait poster clip art subscription animation credits credit each per model list
    service`,
  money: 'money cash rubles roubles rubels rub bucks dollars dollar usd stars payment funds cents',
  took: 'charged charge charging took taken debited deducted stole stolen billed withdrew withdrawn',
  paid: 'paid payed pay bought purchased went_through',
  back: 'back return returned reimburse give_back',
  refund: 'refund refunds refunded refunding moneyback money_back',
  scam: 'scam scammer scammers scammed fraud thieves',
  arrange: 'make give issue process gave',
  howmuch: 'how_much howmuch hm how_many',
  cost: 'cost costs',
  price: 'price prices pricing prise priced rates tariff tariffs is_it_paid cost expensive',
  free: `
    is_it_free is_this_free for_free its_free free_trial bot_free any_free free_generations have_to_pay need_to_pay`,
  make: 'make making generate create draw animate get buy order send upload',
  balance: 'balance ballance my_account account_balance',
  left: 'left remaining remain',
  account: 'account wallet card',
  topup: 'top_up topup add_money add_funds deposit recharge add_credits how_to_pay',
  see: 'check show see view find current',
  demand: 'return reimburse',
  twice: 'twice two_times 0_times',
  passed: 'its_been it_has_been has_been been have_been',
  status: `
    status any_update any_updates any_news did_it_work not_responding bot_stuck is_stuck not_answering still_nothing
    nothing_yet`,
  done: 'ready finished done',
  nay: 'no nope nah',
  broken: 'error errors stuck broken frozen glitch glitched crashed bug',
  why: 'why what_for',
  lost: 'disappeared vanished',
} satisfies Lists<string>
