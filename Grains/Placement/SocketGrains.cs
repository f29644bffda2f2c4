using System.Diagnostics.CodeAnalysis;
using Orleans.GrainDirectory;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Runtime.GrainDirectory;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Webhooks;

namespace WhatsApp.Grains.Placement;

/// <summary>Gives the grains that hold connections the PostgreSQL directory; the others keep Orleans' own.</summary>
internal sealed class SocketGrains(MemberGrainDirectory directory, GrainTypeResolver types) : IGrainDirectoryResolver
{
    private readonly GrainType[] _types = [types.GetGrainType(typeof(InstanceGrain)), types.GetGrainType(typeof(WebhookGrain))];

    public bool TryResolveGrainDirectory(GrainType grainType, GrainProperties? properties, [NotNullWhen(true)] out IGrainDirectory? grainDirectory)
    {
        grainDirectory = _types.Contains(grainType) ? directory : null;
        return grainDirectory is not null;
    }
}
