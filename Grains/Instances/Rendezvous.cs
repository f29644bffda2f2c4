using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orleans.Runtime;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Highest-random-weight hashing: every silo comes to the same answer who takes an instance, without asking, and when a silo leaves
/// only its own instances get another one. Pure.
/// </summary>
internal static class Rendezvous
{
    /// <summary>The silo among these that takes the instance; null when there are none.</summary>
    public static SiloAddress? Pick(string instanceId, IReadOnlyCollection<SiloAddress> silos) => silos.MaxBy(silo => Weight(instanceId, silo));

    private static ulong Weight(string instanceId, SiloAddress silo)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{silo.ToParsableString()}|{instanceId}"), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
