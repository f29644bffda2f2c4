using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Interop.Tests;

/// <summary>
/// One of our instances, a client of each library and a phone of a friend, linked once for all tests of the table "endpoint × library".
/// </summary>
public sealed class MatrixFixture : IAsyncLifetime
{
    private readonly Dictionary<ThirdPartyLibrary, LinkedClient> _clients = [];
    private OurServiceFixture? _service;
    private OurInstance? _ours;
    private Samples? _samples;

    internal SandboxNetwork Network => _service!.Network;
    internal OurService Service => _service!.Service;
    internal OurInstance Ours => _ours!;
    internal Samples Samples => _samples!;

    /// <summary>Somebody with a phone and nothing else.</summary>
    internal VirtualPhone Friend { get; private set; } = null!;

    internal LinkedClient this[ThirdPartyLibrary library] => _clients[library];

    public async ValueTask InitializeAsync()
    {
        _service = new OurServiceFixture();
        await _service.InitializeAsync();
        _samples = await Samples.MakeAsync();
        Friend = Network.AddPhone(LinkedClient.NewNumber(), "Friend");
        foreach (var library in Enum.GetValues<ThirdPartyLibrary>())
            _clients[library] = await LinkedClient.LinkAsync(library, Network);
        _ours = await OurInstance.LinkAsync(Service, Network);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
            await client.DisposeAsync();
        _samples?.Dispose();
        if (_service is not null)
            await _service.DisposeAsync();
    }
}

/// <summary>Tests that share the <see cref="MatrixFixture"/>; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class Matrix : ICollectionFixture<MatrixFixture>
{
    public const string Name = "matrix";

    public static TheoryData<ThirdPartyLibrary> Libraries => [.. Enum.GetValues<ThirdPartyLibrary>()];

    /// <summary>Each library with each kind of file.</summary>
    public static TheoryData<ThirdPartyLibrary, string> Files
    {
        get
        {
            var data = new TheoryData<ThirdPartyLibrary, string>();
            foreach (var library in Enum.GetValues<ThirdPartyLibrary>())
                foreach (var kind in new[] { "image", "video", "gif", "ptv", "audio", "ptt", "document", "sticker" })
                    data.Add(library, kind);
            return data;
        }
    }
}
