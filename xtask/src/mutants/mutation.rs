//! One change at one place of a DER element; the lengths around it stay right.

use super::random::Random;

/// An element: its tag, and what is in it.
#[derive(Clone, Debug)]
struct Node {
    tag: u8,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Octets(Vec<u8>),
    /// Elements, after octets that stand before them: the unused bits of a BIT STRING.
    Nodes(Vec<u8>, Vec<Node>),
}

/// The changes, by name.
const CHANGES: [&str; 10] = [
    "an octet replaced",
    "cut off",
    "an octet more",
    "emptied",
    "another tag",
    "left out",
    "written twice",
    "a NULL after it",
    "a zero before it",
    "a FALSE before it",
];

/// `der` with one change, and its name; the element itself keeps its tag.
pub(crate) fn mutate(der: &[u8], random: &mut Random) -> Option<(Vec<u8>, &'static str)> {
    let (mut root, []) = read(der)? else {
        return None;
    };
    let count = root.count();
    let place = 1 + random.below(count.saturating_sub(1));
    let change = random.below(CHANGES.len());
    let mut left = place;
    root.change(&mut left, change, random);
    let mut changed = Vec::new();
    root.write(&mut changed);
    (changed != der).then_some((changed, CHANGES[change]))
}

impl Node {
    fn count(&self) -> usize {
        match &self.content {
            Content::Octets(_) => 1,
            Content::Nodes(_, nodes) => 1 + nodes.iter().map(Self::count).sum::<usize>(),
        }
    }

    /// Changes the descendant of this number, in the order in which they stand.
    fn change(&mut self, left: &mut usize, change: usize, random: &mut Random) {
        let Content::Nodes(_, nodes) = &mut self.content else {
            return;
        };
        for position in 0..nodes.len() {
            *left -= 1;
            if *left == 0 {
                let null = Node {
                    tag: 0x05,
                    content: Content::Octets(Vec::new()),
                };
                match change {
                    4 => nodes[position].tag = random.octet() & 0xbf,
                    5 => drop(nodes.remove(position)),
                    6 => nodes.insert(position, nodes[position].clone()),
                    7 => nodes.insert(position + 1, null),
                    9 => nodes.insert(
                        position,
                        Node {
                            tag: 0x01,
                            content: Content::Octets(vec![0]),
                        },
                    ),
                    _ => nodes[position].change_content(change, random),
                }
                return;
            }
            nodes[position].change(left, change, random);
            if *left == 0 {
                return;
            }
        }
    }

    fn change_content(&mut self, change: usize, random: &mut Random) {
        let mut octets = Vec::new();
        self.content.write(&mut octets);
        match change {
            0 if !octets.is_empty() => {
                let position = random.below(octets.len());
                octets[position] = random.octet();
            }
            1 => drop(octets.pop()),
            2 => octets.push(random.octet()),
            3 => octets.clear(),
            _ => octets.insert(0, 0),
        }
        self.content = Content::Octets(octets);
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut content = Vec::new();
        self.content.write(&mut content);
        out.push(self.tag);
        match u16::try_from(content.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes()
        {
            [0, short @ ..=0x7f] => out.push(short),
            [0, middle] => out.extend([0x81, middle]),
            long => out.extend([&[0x82][..], &long].concat()),
        }
        out.extend(content);
    }
}

impl Content {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Octets(octets) => out.extend(octets),
            Self::Nodes(before, nodes) => {
                out.extend(before);
                nodes.iter().for_each(|node| node.write(out));
            }
        }
    }
}

/// The element that `der` begins with, and what follows.
fn read(der: &[u8]) -> Option<(Node, &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (length, rest) = match rest {
        [short @ ..=0x7f, rest @ ..] => (usize::from(*short), rest),
        [0x81, middle, rest @ ..] => (usize::from(*middle), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    // What a string holds is looked into, where it is DER.
    let before = match tag {
        0x03 => &content[..content.len().min(1)],
        _ => &[],
    };
    let holds_elements = tag & 0x20 != 0 || matches!(tag, 0x03 | 0x04);
    let content = match all(&content[before.len()..]).filter(|_| holds_elements) {
        Some(nodes) if !nodes.is_empty() => Content::Nodes(before.to_vec(), nodes),
        _ => Content::Octets(content.to_vec()),
    };
    Some((Node { tag: *tag, content }, rest))
}

fn all(mut der: &[u8]) -> Option<Vec<Node>> {
    let mut nodes = Vec::new();
    while !der.is_empty() {
        let (node, rest) = read(der)?;
        nodes.push(node);
        der = rest;
    }
    Some(nodes)
}
