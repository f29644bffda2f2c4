using CsCheck;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;

namespace WhatsApp.Protocol.Tests.Signal.SenderKeys;

public sealed class SenderKeyPropertyTests
{
    private static readonly Gen<(int Action, int Member, int Choice)[]> Scripts = Gen.Select(Gen.Int[0, 19], Gen.Int[0, 7], Gen.Int[0, 5]).Array[20, 150];

    [Fact]
    public void Whatever_the_network_does_every_member_reads_each_delivered_message_exactly_once() =>
        Gen.Select(Gen.Int[2, 5], Scripts).Sample((size, script) =>
        {
            var group = new Group(size);
            foreach (var (action, member, choice) in script)
                switch (action)
                {
                    case < 8: group.Send(member); break;
                    case < 14: group.Deliver(member, choice); break;
                    case 14: group.Lose(member, choice); break;
                    case 15: group.Repeat(member, choice); break;
                    case 16: group.Forge(member, choice); break;
                    case 17: group.Join(); break;
                    case 18: group.Leave(member); break;
                    default: group.DistributeAgain(member); break;
                }
            group.DeliverRest();
        }, iter: 150);

    /// <summary>A group whose members tell each newcomer their key and rotate when someone leaves, over a network that reorders, loses and repeats.</summary>
    private sealed class Group
    {
        private const int MostRotationsOvertaken = 3;

        private readonly List<Member> _members = [];
        private int _number;

        public Group(int size)
        {
            for (var i = 0; i < size; i++)
                Join();
        }

        public void Join() => _members.Add(new Member());

        public void Leave(int choice)
        {
            if (_members.Count <= 2)
                return;
            var gone = _members[choice % _members.Count];
            _members.Remove(gone);
            foreach (var member in _members)
            {
                // A key can be given up while messages of it travel; five are kept, so those of the last few stay readable.
                foreach (var other in _members)
                    foreach (var old in other.InFlight.Where(letter => letter.From == member && member.Rotations - letter.Rotation >= MostRotationsOvertaken).ToArray())
                        other.Receive(old);
                member.Rotate();
            }
            // What is sent from now on is out of reach for the one who left.
            var next = _members[0].Sender.Encrypt([1]);
            Assert.Equal(RetryReason.NoSession, Assert.Throws<SignalException>(() => SenderKeyCipher.Decrypt(gone.RecordOf(_members[0]), next)).Reason);
        }

        public void Send(int choice)
        {
            var sender = _members[choice % _members.Count];
            foreach (var member in _members)
                if (member != sender && sender.Told.Add(member))
                    member.Process(sender, sender.Sender.Distribution());
            var text = BitConverter.GetBytes(++_number);
            var message = sender.Sender.Encrypt(text);
            foreach (var member in _members)
                if (member != sender)
                    member.InFlight.Add(new Letter(sender, sender.Rotations, text, message));
        }

        public void Deliver(int choice, int place)
        {
            var member = _members[choice % _members.Count];
            if (member.InFlight.Count > 0)
                member.Receive(member.InFlight[place % member.InFlight.Count]);
        }

        public void Lose(int choice, int place)
        {
            var member = _members[choice % _members.Count];
            if (member.InFlight.Count > 0)
                member.InFlight.RemoveAt(place % member.InFlight.Count);
        }

        public void Repeat(int choice, int place)
        {
            var member = _members[choice % _members.Count];
            if (member.Delivered.Where(letter => letter.From.Rotations == letter.Rotation).ToArray() is { Length: > 0 } delivered)
            {
                var letter = delivered[place % delivered.Length];
                var before = member.RecordOf(letter.From);
                Assert.Throws<DuplicateMessageException>(() => SenderKeyCipher.Decrypt(before, letter.Message));
            }
        }

        public void Forge(int choice, int place)
        {
            var member = _members[choice % _members.Count];
            if (member.InFlight.Count == 0)
                return;
            var letter = member.InFlight[place % member.InFlight.Count];
            var forged = letter.Message.AsSpan().ToArray();
            forged[forged.Length - 1 - place] ^= 1;
            var before = member.RecordOf(letter.From).Serialize();
            Assert.ThrowsAny<SignalException>(() => SenderKeyCipher.Decrypt(member.RecordOf(letter.From), forged));
            Assert.Equal(before, member.RecordOf(letter.From).Serialize());
        }

        public void DistributeAgain(int choice)
        {
            var sender = _members[choice % _members.Count];
            foreach (var member in sender.Told.Intersect(_members))
            {
                var before = member.RecordOf(sender);
                member.Process(sender, sender.Sender.Distribution());
                Assert.Equal(before.Serialize(), member.RecordOf(sender).Serialize());
            }
        }

        public void DeliverRest()
        {
            foreach (var member in _members)
                while (member.InFlight.Count > 0)
                    member.Receive(member.InFlight[0]);
        }
    }

    private sealed class Member
    {
        private readonly Dictionary<Member, byte[]> _stored = [];

        public GroupSender Sender { get; } = new();
        public int Rotations { get; private set; }
        public HashSet<Member> Told { get; } = [];
        public List<Letter> InFlight { get; } = [];
        public List<Letter> Delivered { get; } = [];

        public void Rotate()
        {
            Sender.Rotate();
            Rotations++;
            Told.Clear();
        }

        public SenderKeyRecord RecordOf(Member sender) => _stored.TryGetValue(sender, out var bytes) ? SenderKeyRecord.Deserialize(bytes) : SenderKeyRecord.Empty;

        public void Process(Member sender, byte[] distribution) => _stored[sender] = SenderKeyDistribution.Process(RecordOf(sender), distribution).Serialize();

        public void Receive(Letter letter)
        {
            InFlight.Remove(letter);
            var decrypted = SenderKeyCipher.Decrypt(RecordOf(letter.From), letter.Message);
            Assert.Equal(letter.Text, decrypted.Plaintext);
            _stored[letter.From] = decrypted.Next.Serialize();
            Delivered.Add(letter);
        }
    }

    private sealed record Letter(Member From, int Rotation, byte[] Text, byte[] Message);
}
