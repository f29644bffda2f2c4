using System.Text.Json;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Pairing;

/// <summary>pairing.json and the keys in it.</summary>
internal static class PairingVectors
{
    public const string File = "pairing.json";

    public static readonly JsonElement Root = VectorFile.Load(File);

    public static KeyPair CompanionNoise => Pair("companionNoise");
    public static KeyPair CompanionIdentity => Pair("companionIdentity");
    public static KeyPair PrimaryIdentity => Pair("primaryIdentity");
    public static byte[] AdvSecret => Root.GetProperty("keys").Hex("advSecret");

    public static SignedPreKey SignedPreKey
    {
        get
        {
            var key = Root.GetProperty("keys").GetProperty("companionSignedPreKey");
            return new(key.GetProperty("id").GetUInt32(), Pair("companionSignedPreKey"), key.Hex("signature"));
        }
    }

    public static KeyPair Pair(string name) => PairOf(Root.GetProperty("keys").GetProperty(name));

    public static KeyPair PairOf(JsonElement pair) => new(pair.Hex("private"), pair.Hex("public"));

    public static string Text(this JsonElement element, string property) => element.GetProperty(property).GetString()!;

    public static void Ran(string id) => VectorFile.Ran(File, id);
}
