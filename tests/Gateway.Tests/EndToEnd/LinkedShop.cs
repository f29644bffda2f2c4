using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>One product with one linked instance, "shop", shared by the tests of a class: each brings its own contacts.</summary>
public sealed class LinkedShop : IAsyncLifetime
{
    private Product? _product;
    private VirtualPhone? _phone;

    internal Product Product => _product!;
    internal VirtualPhone Phone => _phone!;

    public async ValueTask InitializeAsync()
    {
        _product = await Product.StartAsync();
        _phone = _product.AddPhone("Shop");
        await _product.Gateway.LinkAsync("shop", _phone, _product.Inbox.Url);
    }

    public async ValueTask DisposeAsync()
    {
        if (_product is not null)
            await _product.DisposeAsync();
    }

    /// <summary>POST below the instance: status and body.</summary>
    internal async Task<(int Status, JsonElement Body)> PostAsync(string path, object? body = null)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        using var response = await Product.Gateway.Http.PostAsync("/instances/shop/" + path, content);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    /// <summary>GET below the instance: status and body.</summary>
    internal async Task<(int Status, JsonElement Body)> GetAsync(string path)
    {
        using var response = await Product.Gateway.Http.GetAsync("/instances/shop/" + path);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    /// <summary>The data of the first event of this name that fits, once it is there.</summary>
    internal async Task<JsonElement> EventAsync(string name, Func<JsonElement, bool> fits)
    {
        await Product.Inbox.WaitAsync(inbox => inbox.Of(name).Any(e => fits(e.GetProperty("data"))), name);
        return Product.Inbox.Of(name).Select(e => e.GetProperty("data")).First(fits);
    }
}
