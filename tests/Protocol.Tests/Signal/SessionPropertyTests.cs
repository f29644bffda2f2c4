using CsCheck;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Tests.Signal;

public sealed class SessionPropertyTests
{
    private static readonly Gen<(int Action, bool FromAlice, int Choice)[]> Scripts =
        Gen.Select(Gen.Int[0, 19], Gen.Bool, Gen.Int[0, 3]).Array[20, 160];

    [Fact]
    public void Whatever_the_network_does_each_delivered_message_decrypts_exactly_once() =>
        Scripts.Sample(Run, iter: 150);

    private static void Run((int Action, bool FromAlice, int Choice)[] script)
    {
        var network = new Network();
        foreach (var (action, fromAlice, choice) in script)
            switch (action)
            {
                case < 8: network.Send(fromAlice); break;
                case < 15: network.Deliver(fromAlice, choice); break;
                case 15: network.Lose(fromAlice, choice); break;
                case < 18: network.Repeat(fromAlice, choice); break;
                case 18: network.Forge(fromAlice, choice); break;
                default: network.StartAgain(fromAlice, withOneTimeKey: choice > 0); break;
            }
        network.DeliverRest();
    }

    /// <summary>Two devices and the messages between them. A message is overtaken at most three times, so that its chain is still kept.</summary>
    private sealed class Network
    {
        private const int MostOvertaken = 3;

        private readonly Direction _toBob;
        private readonly Direction _toAlice;
        private int _number;

        public Network()
        {
            var (alice, bob) = (new TestParty(), new TestParty());
            _toBob = new(alice, bob);
            _toAlice = new(bob, alice);
        }

        public void Send(bool fromAlice)
        {
            var direction = Of(fromAlice);
            if (!direction.Sender.Record.HasCurrent)
                StartAgain(fromAlice, withOneTimeKey: true);
            var plaintext = BitConverter.GetBytes(++_number);
            direction.InFlight.Add(new(plaintext, direction.Sender.Encrypt(plaintext)));
        }

        public void StartAgain(bool fromAlice, bool withOneTimeKey)
        {
            var direction = Of(fromAlice);
            direction.Sender.Process(direction.Receiver.HandOutBundle(withOneTimeKey));
        }

        public void Deliver(bool fromAlice, int choice)
        {
            var direction = Of(fromAlice);
            if (Take(direction, choice) is not { } letter)
                return;
            Assert.Equal(letter.Plaintext, direction.Receiver.Decrypt(letter.Message));
            direction.Delivered.Add(letter);
        }

        public void Lose(bool fromAlice, int choice) => Take(Of(fromAlice), choice);

        public void Repeat(bool fromAlice, int choice)
        {
            var direction = Of(fromAlice);
            if (direction.Delivered.Count == 0)
                return;
            // One of the last four; older ones may have lost their chain and then fail as forged.
            var letter = direction.Delivered[^(1 + Math.Min(choice, direction.Delivered.Count - 1))];
            var before = direction.Receiver.Record;
            Assert.ThrowsAny<SignalException>(() => direction.Receiver.Decrypt(letter.Message));
            Assert.Same(before, direction.Receiver.Record);
            if (choice == 0)
                Assert.Throws<DuplicateMessageException>(() => direction.Receiver.Decrypt(letter.Message));
        }

        public void Forge(bool fromAlice, int choice)
        {
            var direction = Of(fromAlice);
            if (direction.InFlight.Count == 0)
                return;
            var (_, message) = direction.InFlight[Math.Min(choice, direction.InFlight.Count - 1)];
            var forged = message.Ciphertext.AsSpan().ToArray();
            forged[message.Type == CiphertextType.PkMsg ? forged.Length / 2 : ^1] ^= 1;
            var (before, keys) = (direction.Receiver.Record, direction.Receiver.OneTimeKeysLeft);
            Assert.ThrowsAny<SignalException>(() => direction.Receiver.Decrypt(message.Type, forged));
            Assert.Same(before, direction.Receiver.Record);
            Assert.Equal(keys, direction.Receiver.OneTimeKeysLeft);
        }

        public void DeliverRest()
        {
            foreach (var fromAlice in new[] { true, false })
                while (Of(fromAlice).InFlight.Count > 0)
                    Deliver(fromAlice, 0);
        }

        private static Letter? Take(Direction direction, int choice)
        {
            if (direction.InFlight.Count == 0)
                return null;
            var place = direction.InFlight[0].Overtaken == MostOvertaken ? 0 : Math.Min(choice, direction.InFlight.Count - 1);
            var letter = direction.InFlight[place];
            for (var i = 0; i < place; i++)
                direction.InFlight[i].Overtaken++;
            direction.InFlight.RemoveAt(place);
            return letter;
        }

        private Direction Of(bool fromAlice) => fromAlice ? _toBob : _toAlice;
    }

    private sealed record Direction(TestParty Sender, TestParty Receiver)
    {
        public List<Letter> InFlight { get; } = [];
        public List<Letter> Delivered { get; } = [];
    }

    private sealed record Letter(byte[] Plaintext, Encrypted Message)
    {
        public int Overtaken { get; set; }
    }
}
