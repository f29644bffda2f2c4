using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    [Fact]
    public async Task Keys_are_found_by_hash_replaced_and_removed_with_their_instance()
    {
        Assert.False(await Gateway.HasAdminKeyAsync(None));
        await Gateway.PutKeyAsync("h1", new ApiKeyInfo(["read", "send"], Ana), "shop", None);
        await Gateway.PutKeyAsync("h2", new ApiKeyInfo(["administrator"], null), "not an admin", None);
        Assert.False(await Gateway.HasAdminKeyAsync(None));

        await Gateway.PutKeyAsync("h2", new ApiKeyInfo(["read", "admin"], null), "first", None);
        Assert.True(await Gateway.HasAdminKeyAsync(None));
        var key = (await Gateway.FindKeyAsync("h1", None))!;
        Assert.Equal(["read", "send"], key.Scopes);
        Assert.Equal(Ana, key.InstanceId);

        await Gateway.DeleteKeysOfAsync(Ana, None);
        Assert.Null(await Gateway.FindKeyAsync("h1", None));
        Assert.Null((await Gateway.FindKeyAsync("h2", None))!.InstanceId);
    }

    [Fact]
    public async Task Answers_run_then_replay_then_expire()
    {
        var expires = Time.GetUtcNow().AddHours(24);
        Assert.Null(await Gateway.FindAnswerAsync("k", None));

        await Gateway.PutAnswerAsync("k", "body", null, expires, None);
        Assert.Equal(("body", null), await Gateway.FindAnswerAsync("k", None));

        await Gateway.PutAnswerAsync("k", "body", new StoredAnswer(201, "application/json", [1, 2], "/instances/x"), expires, None);
        var (hash, answer) = (await Gateway.FindAnswerAsync("k", None))!.Value;
        Assert.Equal("body", hash);
        Assert.Equal(201, answer!.Status);
        Assert.Equal([1, 2], answer.Body);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal("/instances/x", answer.Location);

        Time.Advance(TimeSpan.FromHours(24));
        Assert.Null(await Gateway.FindAnswerAsync("k", None));
    }

    [Fact]
    public async Task An_abandoned_answer_is_forgotten()
    {
        await Gateway.PutAnswerAsync("k", "body", null, Time.GetUtcNow().AddHours(1), None);
        await Gateway.DeleteAnswerAsync("k", None);
        Assert.Null(await Gateway.FindAnswerAsync("k", None));
    }
}
