using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace WhatsApp.Architecture.Tests;

/// <summary>
/// Which type may use which. Inside Protocol: Binary, Crypto ← Noise, Signal ← Connection, Store, Events ← features ← WhatsAppDevice.
/// The gateway uses contracts alone.
/// </summary>
public sealed class TypeArrowTests
{
    private const string Protocol = "WhatsApp.Protocol";

    private static readonly ArchUnitNET.Domain.Architecture Code = new ArchLoader()
        .LoadAssemblies(
            System.Reflection.Assembly.Load(Protocol),
            System.Reflection.Assembly.Load("WhatsApp.Grains.Abstractions"),
            System.Reflection.Assembly.Load("WhatsApp.Grains"),
            System.Reflection.Assembly.Load("WhatsApp.Silo"),
            System.Reflection.Assembly.Load("WhatsApp.Gateway"))
        .Build();

    [Fact]
    public void Layers_of_the_protocol_only_look_down() =>
        Assert.Empty(ArrowsInside(Protocol).Where(arrow => LevelOf(arrow.To) > LevelOf(arrow.From)).Select(Text).Distinct());

    [Theory, InlineData("Binary"), InlineData("Crypto"), InlineData("Noise"), InlineData("Signal")]
    public void Ground_layers_do_not_know_their_neighbours(string layer)
    {
        var level = LevelOfFolder(layer);
        var sideways = ArrowsInside(Protocol)
            .Where(arrow => FolderOf(arrow.From) == layer && FolderOf(arrow.To) is { } other && other != layer && LevelOfFolder(other) == level);

        Assert.Empty(sideways.Select(Text).Distinct());
    }

    [Fact]
    public void Gateway_knows_contracts_and_not_how_they_are_kept()
    {
        var reachedThrough = from arrow in Arrows()
                             where AssemblyOf(arrow.From) == "WhatsApp.Gateway" && AssemblyOf(arrow.To) is Protocol or "WhatsApp.Grains"
                             select Text(arrow);

        Assert.Empty(reachedThrough.Distinct());
    }

    [Fact]
    public void The_arrows_are_really_seen()
    {
        // Without this a loader that finds nothing would let every rule above pass.
        Assert.Contains(ArrowsInside(Protocol), arrow => arrow.From.Name == "NodeReader" && arrow.To.Name == "TokenDictionary");
        Assert.Contains(ArrowsInside(Protocol), arrow => FolderOf(arrow.From) == "Noise" && FolderOf(arrow.To) == "Crypto");
    }

    private static IEnumerable<(IType From, IType To)> Arrows() =>
        from type in Code.Types
        from dependency in type.Dependencies
        select (type, dependency.Target);

    private static IEnumerable<(IType From, IType To)> ArrowsInside(string assembly) =>
        Arrows().Where(arrow => AssemblyOf(arrow.From) == assembly && AssemblyOf(arrow.To) == assembly);

    private static int LevelOf(IType type) => FolderOf(type) is { } folder ? LevelOfFolder(folder)
        // In the root namespace: the facade with its internal parts, and the public requests and options everybody may use.
        : type.FullName.StartsWith("WhatsApp.Protocol.WhatsAppDevice", StringComparison.Ordinal) || type.FullName == "WhatsApp.Protocol.IWhatsAppDevice" || IsInternal(type) ? 5 : 2;

    private static bool IsInternal(IType type) => type.Visibility == Visibility.Internal && !type.FullName.Contains('+', StringComparison.Ordinal);

    private static int LevelOfFolder(string folder) => folder switch
    {
        "Binary" or "Crypto" or "Schema" => 0,
        "Noise" or "Signal" => 1,
        "Events" or "Store" => 2,
        "Connection" => 3,
        _ => 4,
    };

    /// <summary>The first folder inside Protocol: "Signal" of WhatsApp.Protocol.Signal.Ratchet; null in the root namespace.</summary>
    private static string? FolderOf(IType type)
    {
        var rest = type.FullName.StartsWith(Protocol + ".", StringComparison.Ordinal) ? type.Namespace.FullName : Protocol;
        return rest.Length > Protocol.Length ? rest[(Protocol.Length + 1)..].Split('.')[0] : null;
    }

    // Some generated types (iterators, inline arrays) carry no assembly; their namespace tells as much.
    private static string AssemblyOf(IType type) => type.Assembly?.Name.Split(',')[0] ?? type.Namespace?.FullName ?? "";

    private static string Text((IType From, IType To) arrow) => $"{arrow.From.FullName} → {arrow.To.FullName}";
}
