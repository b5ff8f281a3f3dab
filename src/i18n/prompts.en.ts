import type { Prompts } from './prompts.ru.ts'
import type { Hint } from './prompts.ts'

const light: Hint = {
  said: 'light lit sun sunny sunlit sunset sunrise dawn dusk twilight neon shadow night day daylight evening morning moon',
  add: 'soft natural light',
}
const camera: Hint = {
  said: 'camera shot zoom pan angle drone filmed close-up closeup dolly tracking',
  add: 'the camera slowly comes closer',
}

export const promptsEn: Prompts = {
  templates: {
    image: [
      { name: 'Character', text: 'a ginger cat in a space suit, watercolour, soft light' },
      { name: 'Portrait', text: 'portrait of a young woman by the window, soft daylight, blurred background, photo' },
      { name: 'Landscape', text: 'a mountain lake at dawn, mist over the water, peaks reflected, wide shot, photo' },
    ],
    edit: [
      { name: 'Background', text: 'make it evening and add snow' },
      { name: 'Clean up', text: 'remove the clutter and the people in the background, leave the rest unchanged' },
      { name: 'Watercolour', text: 'redraw it as a watercolour, keep the pose and the face' },
    ],
    video: [
      { name: 'Quiet', text: 'a paper boat floats on a lake at dawn, the camera slowly comes closer' },
      {
        name: 'City',
        text: 'a city at night in the rain, neon reflected in puddles, the camera glides along the street',
      },
      { name: 'Animal', text: 'a fox runs through a snowy forest, snow flies from its paws, the camera follows it' },
    ],
    animate: [
      { name: 'Wind', text: 'hair moves in the wind, the camera slowly pulls back' },
      { name: 'Smile', text: 'the person blinks, smiles and turns the head a little, the camera is still' },
      { name: 'Nature', text: 'clouds drift by, ripples run over the water, the camera slowly moves forward' },
    ],
    talk: [
      { name: 'Calm', text: 'the person talks calmly, looking into the camera, natural expression' },
      { name: 'Lively', text: 'the person tells a story with passion, gestures and smiles into the camera' },
      { name: 'Song', text: 'the person sings and sways a little to the beat, eyes on the camera' },
    ],
    speech: [
      { name: 'Welcome', text: 'Good evening! It is good to see you again.' },
      {
        name: 'Voicemail',
        text: 'Hello! We cannot answer just now. Please leave a message and we will call you back.',
      },
      {
        name: 'Story',
        text: 'Once upon a time, beyond the seven hills, there lived a little fox who could hear the wind.',
      },
    ],
    sound: [
      { name: 'Storm', text: 'rolls of thunder and heavy rain' },
      { name: 'Street', text: 'a busy street, car horns, footsteps of people passing by' },
      { name: 'Campfire', text: 'a fire crackles in a forest at night, an owl hoots far away' },
    ],
  },

  hints: {
    image: [
      {
        said: 'style realis photo watercol oil anime cartoon drawing drawn sketch engraving render pixel cinema poster logo icon vector pencil comic 3d painting painted illustration',
        add: 'realistic photo',
      },
      light,
      {
        said: 'shot angle frame framed close-up closeup portrait panoram composition above below macro',
        add: 'balanced composition',
      },
    ],
    edit: [{ said: 'rest keep leave unchanged', add: 'keep everything else unchanged' }],
    video: [
      camera,
      light,
      { said: 'style realis cinema anime cartoon drawn 3d pixel documentary', add: 'cinematic look' },
    ],
    animate: [camera, { said: 'smooth natural slow fast quick sudden still', add: 'smooth natural motion' }],
    talk: [
      { said: 'expression emotion smil face facial', add: 'natural expression' },
      { said: 'camera look gaz eyes', add: 'looking into the camera' },
    ],
    sound: [
      { said: 'close near far distan', add: 'heard up close' },
      { said: 'clean clear record noise', add: 'clean recording' },
    ],
  },
}
