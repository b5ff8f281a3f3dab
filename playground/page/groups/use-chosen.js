import { useState } from 'preact/hooks'

const ofAddress = name => Number(new URLSearchParams(location.search).get(name)) || null

/** Which person and which group are open; the page's address keeps both. `onChange` is called with each choice. */
export function useChosen(onChange) {
  const [current, setCurrent] = useState(() => ofAddress('person'))
  const [groupId, setGroupId] = useState(() => ofAddress('group'))
  function open(personId, inGroup) {
    setCurrent(personId)
    setGroupId(inGroup)
    onChange()
    history.replaceState(null, '', `?person=${personId}${inGroup ? `&group=${inGroup}` : ''}`)
  }
  return { current, groupId, choose: id => open(id, null), chooseGroup: (id, as) => open(as, id) }
}

/** The open group, its members among `people`, and who of them the reader is: whoever was open, if that is one. */
export function actingIn({ groups, people, groupId, person }) {
  const group = groups.find(({ id }) => id === groupId)
  if (!group) return { acting: person }
  const members = people.filter(({ id }) => group.isPublic || group.members.some(({ userId }) => userId === id))
  return { group, members, acting: members.find(({ id }) => id === person?.id) ?? members[0] }
}
