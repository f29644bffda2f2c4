using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>Stored credentials that cannot be read.</summary>
public sealed class CredentialsFormatException(string message) : Exception(message);

/// <summary>
/// <see cref="DeviceCredentials"/> as bytes, to be sealed. Form, version 1, little endian:
/// <c>01 ‖ fields in declared order</c>; bytes and text are <c>length(u32) ‖ bytes</c>, absent ones have length FFFFFFFF.
/// </summary>
/// <remarks>A later version appends fields and raises the first byte; older versions stay readable.</remarks>
internal static class CredentialsCodec
{
    private const byte Version = 1;
    private const int MaxField = 64 * 1024;
    private const int MaxSignedPreKeys = 64;
    private const uint Absent = uint.MaxValue;

    public static byte[] Encode(DeviceCredentials credentials)
    {
        var output = new Writer();
        output.Byte(Version);
        output.Keys(credentials.NoiseKey);
        output.Keys(credentials.Identity.IdentityKey);
        output.UInt32(credentials.Identity.RegistrationId);
        if (credentials.SignedPreKeys.Count > MaxSignedPreKeys)
            throw new CredentialsFormatException("too many signed pre-keys");
        output.UInt32((uint)credentials.SignedPreKeys.Count);
        foreach (var key in credentials.SignedPreKeys)
        {
            output.UInt32(key.Id);
            output.Keys(key.Keys);
            output.Bytes(key.Signature);
        }
        output.Bytes(credentials.AdvSecret);
        output.UInt32(credentials.NextPreKeyId);
        output.Text(credentials.Jid?.ToString());
        output.Text(credentials.Lid?.ToString());
        output.Bytes(credentials.SignedDeviceIdentity);
        output.Text(credentials.Platform);
        output.Text(credentials.BusinessName);
        output.Text(credentials.PushName);
        output.UInt32((uint)credentials.LoginCounter);
        output.Byte(credentials.PreKeysUploaded ? (byte)1 : (byte)0);
        output.Bytes(credentials.RoutingInfo);
        output.Bytes(credentials.ServerStaticKey);
        output.Int64(credentials.SignedPreKeyCreatedAt);
        return output.ToArray();
    }

    /// <exception cref="CredentialsFormatException">Unknown version, cut short, oversized or followed by more bytes.</exception>
    public static DeviceCredentials Decode(ReadOnlySpan<byte> bytes)
    {
        var input = new Reader(bytes);
        if (input.Byte() != Version)
            throw new CredentialsFormatException("credentials of an unknown version");
        var noise = input.Keys();
        var identity = new LocalIdentity(input.Keys(), input.UInt32());
        var signedPreKeys = new SignedPreKey[input.Count(MaxSignedPreKeys)];
        for (var i = 0; i < signedPreKeys.Length; i++)
            signedPreKeys[i] = new SignedPreKey(input.UInt32(), input.Keys(), input.RequiredBytes());
        var credentials = new DeviceCredentials(noise, identity, signedPreKeys, input.RequiredBytes(), input.UInt32())
        {
            Jid = input.Jid(),
            Lid = input.Jid(),
            SignedDeviceIdentity = input.Bytes(),
            Platform = input.Text(),
            BusinessName = input.Text(),
            PushName = input.Text(),
            LoginCounter = (int)input.UInt32(),
            PreKeysUploaded = input.Byte() != 0,
            RoutingInfo = input.Bytes(),
            ServerStaticKey = input.Bytes(),
            SignedPreKeyCreatedAt = input.Int64(),
        };
        input.RequireEnd();
        return credentials;
    }

    private sealed class Writer
    {
        private readonly ArrayBufferWriter<byte> _output = new();

        public void Byte(byte value) => _output.Write([value]);

        public void UInt32(uint value)
        {
            Span<byte> buffer = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(buffer, value);
            _output.Write(buffer);
        }

        public void Int64(long value)
        {
            Span<byte> buffer = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(buffer, value);
            _output.Write(buffer);
        }

        public void Bytes(byte[]? value)
        {
            if (value is null)
            {
                UInt32(Absent);
                return;
            }
            if (value.Length > MaxField)
                throw new CredentialsFormatException("a credentials field is too long");
            UInt32((uint)value.Length);
            _output.Write(value);
        }

        public void Text(string? value) => Bytes(value is null ? null : Encoding.UTF8.GetBytes(value));

        public void Keys(KeyPair keys)
        {
            Bytes(keys.PrivateKey);
            Bytes(keys.PublicKey);
        }

        public byte[] ToArray() => _output.WrittenSpan.ToArray();
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public byte Byte() => Take(1)[0];
        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

        public int Count(int max)
        {
            var count = UInt32();
            return count <= max ? (int)count : throw new CredentialsFormatException("too many entries in the credentials");
        }

        public byte[]? Bytes()
        {
            var length = UInt32();
            if (length == Absent)
                return null;
            if (length > MaxField)
                throw new CredentialsFormatException("a credentials field is too long");
            return Take((int)length).ToArray();
        }

        public byte[] RequiredBytes() => Bytes() ?? throw new CredentialsFormatException("a credentials field is missing");

        public string? Text() => Bytes() is { } text ? Encoding.UTF8.GetString(text) : null;

        public Jid? Jid() => Text() is not { } text ? null
            : Protocol.Binary.Jid.TryParse(text, out var jid) ? jid : throw new CredentialsFormatException("a credentials address is not a JID");

        public KeyPair Keys() => new(RequiredBytes(), RequiredBytes());

        public readonly void RequireEnd()
        {
            if (!_rest.IsEmpty)
                throw new CredentialsFormatException("bytes after the credentials");
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            if (_rest.Length < count)
                throw new CredentialsFormatException("the credentials are cut short");
            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
