using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;

namespace WhatsApp.Protocol.Tests.Signal.SenderKeys;

/// <summary>A device that sends to a group; its record goes through the storage format after every message.</summary>
internal sealed class GroupSender
{
    public SenderKeyRecord Record { get; private set; } = SenderKeyRecord.NewOwn();

    /// <summary>The distribution message as it was before the last message.</summary>
    public byte[] DistributionBefore { get; private set; } = [];

    public byte[] Distribution() => SenderKeyDistribution.Create(Record);

    public void Rotate() => Record = SenderKeyRecord.NewOwn();

    public byte[] Encrypt(byte[] plaintext)
    {
        DistributionBefore = Distribution();
        var encrypted = SenderKeyCipher.Encrypt(Record, plaintext);
        Record = SenderKeyRecord.Deserialize(encrypted.Next.Serialize());
        return encrypted.Ciphertext;
    }

    /// <summary>Advances the chain as if so many messages had been sent and lost.</summary>
    public void Skip(int messages)
    {
        var state = Record.States[0];
        var chainKey = state.Messages.ChainKey.ToArray();
        for (var i = 0; i < messages; i++)
            RatchetKeys.NextChain(chainKey);
        Record = Record.With(0, state with { Messages = new MessageChain(chainKey, state.Messages.Next + (uint)messages, default) });
    }

    /// <summary>A message properly signed by our key under this id, whose body is noise.</summary>
    public byte[] Forge(uint iteration, uint? keyId = null)
    {
        var state = Record.States[0];
        var id = keyId ?? state.KeyId;
        var message = new byte[SenderKeyMessage.SizeOf(id, iteration, 16)];
        SenderKeyMessage.Write(message, id, iteration, 16);
        XEdDsa.Sign(state.SigningPrivate, message.AsSpan(..^64)).CopyTo(message.AsSpan(^64..));
        return message;
    }

    /// <summary>An own record whose chain stands at this iteration.</summary>
    public static SenderKeyRecord At(uint iteration) => new([SenderKeyState.New() with { Messages = new MessageChain(new byte[32], iteration, default) }]);
}
