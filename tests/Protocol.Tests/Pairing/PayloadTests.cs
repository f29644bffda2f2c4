using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Pairing;

/// <summary>ClientPayload of registration and login: wire/01 §4.</summary>
public class PayloadTests
{
    private static readonly LocalIdentity Identity = new(PairingVectors.CompanionIdentity, 14864);

    /// <summary>The vector's own DeviceProps: our figures, but another storage quota and field 12 set.</summary>
    private static DeviceProps VectorProps()
    {
        var props = CompanionProps.Of(new() { DeviceName = "Chrome (Windows)" });
        props.HistorySyncConfig.StorageQuotaMb = 114149;
        props.HistorySyncConfig.SupportFbidBotChatHistory = true;
        return props;
    }

    [Fact]
    public void Registration_is_byte_equal_to_the_vector()
    {
        var vector = PairingVectors.Root.GetProperty("registrationPayload");

        Assert.Equal(vector.Text("deviceProps"), Convert.ToHexStringLower(VectorProps().ToByteArray()));
        PairingVectors.Ran("registrationPayload.deviceProps");

        Assert.Equal(vector.Text("versionMd5"), Convert.ToHexStringLower(ClientVersion.Parse(vector.Text("version")).BuildHash()));
        PairingVectors.Ran("registrationPayload.versionMd5");

        var payload = RegistrationPayload.Encode(ClientVersion.Parse(vector.Text("version")), VectorProps(), Identity, PairingVectors.SignedPreKey);
        Assert.Equal(vector.Text("bytes"), Convert.ToHexStringLower(payload));
        PairingVectors.Ran("registrationPayload.bytes");
    }

    [Fact]
    public void Registration_from_options_differs_from_the_vector_only_in_version_and_device_props()
    {
        var options = new DeviceOptions { Version = "2.3000.1045649367", DeviceName = "Firefox (Linux)" };

        var payload = ClientPayload.Parser.ParseFrom(RegistrationPayload.Encode(options, Identity, PairingVectors.SignedPreKey));

        Assert.Equal(1045649367u, payload.UserAgent.AppVersion.Tertiary);
        var props = DeviceProps.Parser.ParseFrom(payload.DevicePairingData.DeviceProps);
        Assert.Equal("Linux", props.Os);
        Assert.Equal(DeviceProps.Types.PlatformType.Firefox, props.PlatformType);
        Assert.Equal(10240u, props.HistorySyncConfig.StorageQuotaMb);
        Assert.False(props.HistorySyncConfig.HasSupportFbidBotChatHistory);
        Assert.False(payload.HasUsername);
        Assert.False(payload.HasDevice);

        var vector = ClientPayload.Parser.ParseFrom(PairingVectors.Root.GetProperty("registrationPayload").Hex("bytes"));
        vector.UserAgent.AppVersion = payload.UserAgent.AppVersion;
        vector.DevicePairingData.BuildHash = payload.DevicePairingData.BuildHash;
        vector.DevicePairingData.DeviceProps = payload.DevicePairingData.DeviceProps;
        Assert.Equal(vector, payload);
    }

    [Fact]
    public void Login_names_the_account_and_the_device()
    {
        var credentials = Credentials() with { Jid = Jid.Parse("5511999990000:7@s.whatsapp.net"), LoginCounter = 4 };

        var payload = ClientPayload.Parser.ParseFrom(LoginPayload.Encode(new(), credentials, connectAttempt: 2, isLidMigrated: true));

        Assert.Equal(5511999990000ul, payload.Username);
        Assert.Equal(7u, payload.Device);
        Assert.True(payload.HasPassive);
        Assert.False(payload.Passive);
        Assert.True(payload.Pull);
        Assert.True(payload.LidDbMigrated);
        Assert.Equal(4, payload.Lc);
        Assert.Equal(2u, payload.ConnectAttemptCount);
        Assert.Null(payload.DevicePairingData);
        Assert.Equal("Desktop", payload.UserAgent.Device);
    }

    [Fact]
    public void A_device_that_is_not_linked_cannot_log_in() =>
        Assert.Throws<InvalidOperationException>(() => LoginPayload.Encode(new(), Credentials(), 0, isLidMigrated: false));

    [Theory]
    [InlineData("")]
    [InlineData("2.3000")]
    [InlineData("2.3000.1.2")]
    [InlineData("2.3000.-1")]
    [InlineData("2.3000.x")]
    [InlineData("2.3000.99999999999")]
    public void A_version_that_is_not_three_numbers_is_refused(string text) =>
        Assert.Throws<FormatException>(() => ClientVersion.Parse(text));

    [Theory]
    [InlineData("Chrome (Linux)", "Linux", DeviceProps.Types.PlatformType.Chrome, "1")]
    [InlineData("Edge (Windows 11)", "Windows 11", DeviceProps.Types.PlatformType.Edge, "2")]
    [InlineData("Safari (Mac OS)", "Mac OS", DeviceProps.Types.PlatformType.Safari, "6")]
    [InlineData("Acme Desk", "Acme Desk", DeviceProps.Types.PlatformType.Unknown, "0")]
    [InlineData("Netscape (BeOS)", "Netscape (BeOS)", DeviceProps.Types.PlatformType.Unknown, "0")]
    [InlineData("Chrome ()", "Chrome ()", DeviceProps.Types.PlatformType.Unknown, "0")]
    public void The_device_name_gives_browser_and_os(string name, string os, DeviceProps.Types.PlatformType type, string id) =>
        Assert.Equal(new CompanionPlatform(os, type, id), CompanionPlatform.Parse(name));

    private static DeviceCredentials Credentials() => new(PairingVectors.CompanionNoise, Identity, [PairingVectors.SignedPreKey], PairingVectors.AdvSecret, 1);
}
